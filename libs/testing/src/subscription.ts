import { randomUUID } from 'node:crypto';
import type { EntityEvent } from '@adx/contract-kit';
import { createOperations } from '@adx/operations';
import type { Sent } from '@adx/operations';
import { tenantContract } from '@adx/tenant-contract';
import { operatorPrincipal, startOnboarding } from './onboarding.ts';
import type { TestPlatform } from './test-platform.ts';

const { tenantSubscription } = tenantContract.workflows;

/** The subscription of one open tenant. */
export interface SubscriptionUnderTest {
  readonly tenantId: string;
  readonly operationId: string;
  /** The tenant's owner, a user. */
  readonly ownerId: string;
  /** As an operator; the first ones begin it. Waits for what becomes of them when told for how long. */
  report(events: readonly EntityEvent[], withinMs?: number): Promise<Sent>;
  /** As the tenant's owner. */
  wish(events: readonly EntityEvent[]): Promise<Sent>;
  row(): Promise<{ readonly state: string; readonly usage: number; readonly applied: number; readonly reason: string }>;
  /** Event ids in the order in which they were applied. */
  applied(): Promise<string[]>;
}

/**
 * An onboarded tenant, whose subscription begins with its first event.
 *
 * @param options.boundsScale one factor for all bounds, the days of the subscription included
 */
export async function openTestSubscription(
  platform: TestPlatform,
  options: { readonly boundsScale?: number } = {},
): Promise<SubscriptionUnderTest> {
  const onboarding = await startOnboarding(platform);
  const { tenantId } = onboarding;
  if (!(await platform.operations.ended(onboarding.operationId, 30_000))) throw new Error('the onboarding did not end');
  const view = await platform.operations.get(onboarding.operationId);
  const { ownerId } = view?.result as { readonly ownerId: string };
  const operations = createOperations({ client: platform.client, ...options });
  const common = { input: tenantSubscription.input.parse({}), tenantId, idempotencyKey: randomUUID() };
  const operator = await operatorPrincipal(platform, tenantId);
  const owner = await platform.keys.signer.sign({ sub: ownerId, kind: 'user', tenantId, roles: ['owner'] });
  const ask = async <R>(sql: string) => (await platform.database.superuser.query(sql, [tenantId])).rows as R[];
  return {
    tenantId,
    operationId: `${tenantId}:tenantSubscription:subscription`,
    ownerId,
    report: (events, withinMs) =>
      operations.send(tenantSubscription, {
        ...common,
        principal: operator,
        subject: 'an operator',
        events,
        mayBegin: true,
        ...(withinMs === undefined ? {} : { withinMs }),
      }),
    wish: (events) =>
      operations.send(tenantSubscription, {
        ...common,
        principal: owner,
        subject: ownerId,
        events,
        mayBegin: false,
        withinMs: 20_000,
      }),
    row: async () =>
      (
        await ask<{ state: string; usage: number; applied: number; reason: string }>(
          `select state, usage_units::int as usage, applied, ended_because as reason
             from tenant.subscription where tenant_id = $1`,
        )
      )[0]!,
    applied: async () =>
      (
        await ask<{ event_id: string }>(
          `select event_id from tenant.subscription_event
             where tenant_id = $1 and status = 'applied' order by place`,
        )
      ).map(({ event_id }) => event_id),
  };
}
