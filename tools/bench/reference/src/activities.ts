import { randomUUID } from 'node:crypto';
import { heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Pool } from 'pg';
import type { ItemResult, ReferenceEvent, ReferenceItem, ReferenceRequest, SubscriptionState } from './types.ts';

/** The tables of the reference. */
export const SCHEMA = `
  create schema if not exists reference;
  create table if not exists reference.access (tenant_id uuid, user_id uuid, resource_type text, primary key (tenant_id, user_id, resource_type));
  create table if not exists reference.app_user (tenant_id uuid, user_id uuid, email text, role text, primary key (tenant_id, user_id), unique (tenant_id, email));
  create table if not exists reference.audit (entry_id uuid primary key, tenant_id uuid, user_id uuid, operation text, resource_id uuid, at timestamptz);
  create table if not exists reference.progress (process_id text primary key, processed int, failed int);
  create table if not exists reference.notice (notice_id uuid primary key, user_id text, text text);
  create table if not exists reference.subscription (subscription_id text primary key, usage int, events int);
`;

export type ReferenceActivities = ReturnType<typeof createActivities>;

/** One thing done each, on autocommitted statements. */
export function createActivities(pool: Pool) {
  const run = async (sql: string, ...values: readonly unknown[]) => (await pool.query(sql, [...values])).rowCount ?? 0;
  const insertUser = (tenantId: string, userId: string, email: string) =>
    run(`insert into reference.app_user values ($1, $2, $3, 'member')`, tenantId, userId, email);

  return {
    async validateTenantAccess(tenantId: string, userId: string, resourceType: string): Promise<void> {
      const found = await run(
        'select from reference.access where tenant_id = $1 and user_id = $2 and resource_type = $3',
        ...[tenantId, userId, resourceType],
      );
      if (found === 0) throw ApplicationFailure.nonRetryable('no access', 'TenantValidationFailed');
    },

    async createResource({ tenantId, email }: ReferenceRequest): Promise<string> {
      const userId = randomUUID();
      await insertUser(tenantId, userId, email);
      return userId;
    },

    async writeAuditEntry(entry: ReferenceRequest & { readonly resourceId: string }): Promise<void> {
      const { tenantId, userId, operation, resourceId } = entry;
      await run(
        'insert into reference.audit values ($1, $2, $3, $4, $5, now())',
        ...[randomUUID(), tenantId, userId, operation, resourceId],
      );
    },

    async processBatch(tenantId: string, items: readonly ReferenceItem[]): Promise<ItemResult[]> {
      const results: ItemResult[] = [];
      for (const { itemId, email } of items) {
        try {
          await insertUser(tenantId, itemId, email);
          results.push({ itemId, outcome: 'Success' });
        } catch (error) {
          results.push({ itemId, outcome: 'Failed', error: String(error) });
        }
        heartbeat(itemId);
      }
      return results;
    },

    async saveProgress(processId: string, processed: number, failed: number): Promise<void> {
      await run(
        `insert into reference.progress values ($1, $2, $3)
           on conflict (process_id) do update set processed = excluded.processed, failed = excluded.failed`,
        ...[processId, processed, failed],
      );
    },

    async notifyUser(userId: string, text: string): Promise<void> {
      await run('insert into reference.notice values ($1, $2, $3)', randomUUID(), userId, text);
    },

    async processEvent(event: ReferenceEvent, { subscriptionId, usage }: SubscriptionState) {
      const newState = { subscriptionId, usage: usage + event.units };
      await run(
        `insert into reference.subscription values ($1, $2, 1) on conflict (subscription_id)
           do update set usage = excluded.usage, events = reference.subscription.events + 1`,
        ...[subscriptionId, newState.usage],
      );
      return { newState, shouldComplete: event.type === 'cancelled', requiresFollowup: false };
    },

    async followUp(subscriptionId: string): Promise<void> {
      await run('insert into reference.notice values ($1, $2, $3)', randomUUID(), subscriptionId, 'follow-up');
    },
  };
}
