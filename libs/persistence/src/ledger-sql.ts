import { createHash } from 'node:crypto';
import type { ForwardRequest, ReadRequest, StepRequest } from '@adx/activity-middleware';
import { canonicalJson } from '@adx/contract-kit';
import type { Json } from '@adx/contract-kit';
import type { RawTransaction } from './raw-transaction.ts';

/** What `begin_step` says. */
export interface Verdict {
  readonly verdict:
    'run' | 'done' | 'conflict' | 'fenced' | 'busy' | 'denied' | 'unknown' | 'undo' | 'nothing' | 'unsettled';
  readonly stored_state: 'started' | 'done' | 'undoing' | 'undone' | 'fenced' | null;
  readonly stored_input: Json;
  readonly stored_output: Json;
  readonly wait_ms: number | null;
}

/** First statement of every step's transaction. */
export async function beginStep(
  tx: RawTransaction,
  mode: 'forward' | 'undo' | 'settle',
  request: StepRequest & Partial<Pick<ForwardRequest, 'access' | 'roles' | 'input'>>,
): Promise<Verdict> {
  const { principal, executionKey, step, operationId, activity, attempt, access, roles, input } = request;
  const hash = mode === 'forward' ? hashOf(input ?? null) : null;
  const rows =
    (await tx.$queryRaw`select * from begin_step(${mode}, ${principal.tenantId}::uuid, ${executionKey}, ${step},
    ${operationId}, ${activity}, ${attempt}, ${hash}, ${access ?? null}, ${[...(roles ?? [])]}::text[],
    ${principal.sub}, ${principal.kind})`) as readonly [Verdict];
  return rows[0];
}

/** First statement of a transaction without a step: sets the tenant and checks access. */
export async function beginRead(
  tx: RawTransaction,
  { principal, access, roles }: ReadRequest,
): Promise<'allowed' | 'denied' | 'unknown'> {
  const rows = (await tx.$queryRaw`select begin_read(${principal.tenantId}::uuid, ${access}, ${[...roles]}::text[],
    ${principal.sub}, ${principal.kind}) as verdict`) as readonly [
    { readonly verdict: 'allowed' | 'denied' | 'unknown' },
  ];
  return rows[0].verdict;
}

/** Notes the beginning of an external effect; returns the lease by which the attempt is known from here on. */
export async function startStep(tx: RawTransaction, request: ForwardRequest, leaseMs: number): Promise<string> {
  const { principal, executionKey, step, operationId, activity, attempt, input } = request;
  const rows =
    (await tx.$queryRaw`select start_step(${principal.tenantId}::uuid, ${executionKey}, ${step}, ${operationId},
    ${activity}, ${attempt}, ${hashOf(input)}, ${JSON.stringify(input)}::jsonb, ${Math.ceil(leaseMs)}) as lease`) as readonly [
      { readonly lease: string },
    ];
  return rows[0].lease;
}

/** Ends the lease of an attempt that failed for certain. */
export async function releaseStep(tx: RawTransaction, request: StepRequest, lease: string): Promise<void> {
  const { principal, executionKey, step } = request;
  await setTenant(tx, principal.tenantId);
  await tx.$queryRaw`select release_step(${principal.tenantId}::uuid, ${executionKey}, ${step}, ${lease})::text`;
}

/** Last statement: the guarded ledger write and the audit entry. */
export async function finishStep(
  tx: RawTransaction,
  mode: 'forward' | 'undo',
  request: StepRequest & Partial<Pick<ForwardRequest, 'input' | 'audit'>>,
  output: Json,
  lease: string | null = null,
): Promise<void> {
  const { principal, executionKey, step, operationId, activity, attempt, input = null, audit } = request;
  const action = audit?.action ?? (mode === 'undo' ? `${activity}.undo` : activity);
  const detail = audit ? JSON.stringify(audit.detail) : null;
  await tx.$queryRaw`select finish_step(${mode}, ${principal.tenantId}::uuid, ${executionKey}, ${step}, ${operationId},
    ${activity}, ${attempt}, ${mode === 'forward' ? hashOf(input) : null}, ${JSON.stringify(input)}::jsonb,
    ${JSON.stringify(output)}::jsonb, ${principal.sub}, ${principal.kind}, ${action}, ${detail}::jsonb,
    ${lease})::text`;
}

/** Records an attempt that had no effect, in a transaction of its own. */
export async function auditAttempt(
  tx: RawTransaction,
  request: StepRequest & Partial<Pick<ForwardRequest, 'audit'>>,
  attempt: { readonly outcome: 'failed' | 'denied'; readonly action: string; readonly type: string },
): Promise<void> {
  const { principal, executionKey, step, operationId } = request;
  const detail = JSON.stringify({ type: attempt.type });
  await tx.$queryRaw`select audit_attempt(${principal.tenantId}::uuid, ${executionKey}, ${step}, ${operationId},
    ${principal.sub}, ${principal.kind}, ${attempt.action}, ${attempt.outcome}, ${detail}::jsonb)::text`;
}

/** Sets the tenant of a transaction without a step. */
export async function setTenant(tx: RawTransaction, tenantId: string): Promise<void> {
  await tx.$queryRaw`select set_config('adx.tenant_id', ${tenantId}, true)`;
}

/** What tells a repeated attempt from another step under the same name. */
function hashOf(input: Json): Buffer {
  return createHash('sha256').update(canonicalJson(input)).digest();
}
