import { randomUUID } from 'node:crypto';
import type { ExternalRequest, ForwardRequest } from '@adx/activity-middleware';
import type { Json, Principal, PrincipalClaims } from '@adx/contract-kit';
import type { Pool } from 'pg';
import type { UserTx } from './user-database.ts';

/** A principal as the verifier would return it. */
export function principalOf(claims: Partial<PrincipalClaims> = {}): Principal {
  const { sub = 'operator-1', kind = 'operator', tenantId = randomUUID(), roles = [] } = claims;
  return { sub, kind, tenantId, roles, iat: 1, jti: randomUUID() } as unknown as Principal;
}

/** A step that nobody attempted yet, of a tenant of its own. */
export function newStep(change: Partial<ExternalRequest> = {}): ExternalRequest {
  const operation = randomUUID();
  return {
    principal: principalOf(),
    operationId: `operation/${operation}`,
    executionKey: `workflow-${operation}/run-1`,
    step: 'createUser',
    service: 'user',
    activity: 'createUser',
    attempt: 1,
    input: { email: `${operation}@one.example` },
    access: 'provisioning',
    roles: [],
    leaseMs: 60_000,
    ...change,
  };
}

/** The next attempt of the same step. */
export function nextAttempt<R extends ForwardRequest>(request: R): R {
  return { ...request, attempt: request.attempt + 1 };
}

/** An effect that shows: one row, named by the step's input. */
export function createUser(request: ForwardRequest): (tx: UserTx) => Promise<Json> {
  return async (tx) => {
    const userId = randomUUID();
    const { email } = request.input as { email: string };
    await tx.user.create({ data: { tenantId: request.principal.tenantId, userId, email, role: 'owner' } });
    return { userId };
  };
}

export async function deleteUser(tx: UserTx, row: { readonly output: Json | undefined }): Promise<void> {
  const { userId } = row.output as { userId: string };
  await tx.user.deleteMany({ where: { userId } });
}

/** An effect that must not run. */
export function never(): Promise<never> {
  return Promise.reject(new Error('an effect ran that must not run'));
}

/** What a step left in the schema of the user service. */
export interface Traces {
  readonly ledger: { readonly state: string; readonly attempt: number; readonly output: Json } | undefined;
  readonly users: number;
  readonly audit: readonly string[];
}

/** Looks with the superuser's eyes. */
export async function tracesOf(superuser: Pool, { principal, executionKey, step }: ForwardRequest): Promise<Traces> {
  const key = [principal.tenantId, executionKey, step];
  const where = 'where tenant_id = $1 and execution_key = $2 and step = $3';
  const ledger = await superuser.query(`select state, attempt, output from "user".step_ledger ${where}`, key);
  const audit = await superuser.query<{ entry: string }>(
    `select action || ' ' || outcome as entry from "user".audit_pending ${where} order by id`,
    key,
  );
  const users = await superuser.query('select 1 from "user".app_user where tenant_id = $1', [principal.tenantId]);
  return {
    ledger: ledger.rows[0] as Traces['ledger'],
    users: users.rowCount ?? 0,
    audit: audit.rows.map(({ entry }) => entry),
  };
}

/** Ends the lease of a step, as time would. */
export async function expireLease(superuser: Pool, { principal, executionKey }: ForwardRequest): Promise<void> {
  const { rowCount } = await superuser.query(
    `update "user".step_ledger set lease_until = now() - interval '1 second'
       where tenant_id = $1 and execution_key = $2 and state = 'started'`,
    [principal.tenantId, executionKey],
  );
  if (rowCount !== 1) throw new Error('there was no lease to end');
}
