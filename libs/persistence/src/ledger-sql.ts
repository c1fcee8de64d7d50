import { createHash } from 'node:crypto';
import type { ForwardRequest, ReadRequest, StepRequest } from '@adx/activity-middleware';
import { canonicalJson } from '@adx/contract-kit';
import type { Json } from '@adx/contract-kit';
import type { SqlValue, Statement } from './statement.ts';

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
export function beginStep(
  mode: 'forward' | 'undo' | 'settle',
  request: StepRequest & Partial<Pick<ForwardRequest, 'access' | 'roles' | 'input'>>,
): Statement<Verdict> {
  const { principal, executionKey, step, operationId, activity, attempt, access, roles, input } = request;
  return {
    name: 'adx_begin_step',
    text: 'select * from begin_step($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)',
    values: [
      ...[mode, principal.tenantId, executionKey, step, operationId, activity, attempt],
      ...[mode === 'forward' ? hashOf(input ?? null) : null, access ?? null, roles ?? []],
      ...[principal.sub, principal.kind],
    ],
  };
}

/** First statement of a transaction without a step: sets the tenant and checks access. */
export function beginRead({
  principal,
  access,
  roles,
}: ReadRequest): Statement<{ readonly verdict: 'allowed' | 'denied' | 'unknown' }> {
  return {
    name: 'adx_begin_read',
    text: 'select begin_read($1, $2, $3, $4, $5) as verdict',
    values: [principal.tenantId, access, roles, principal.sub, principal.kind],
  };
}

/** Notes the beginning of an external effect; answers with the lease by which the attempt is known from here on. */
export function startStep(request: ForwardRequest, leaseMs: number): Statement<{ readonly lease: string }> {
  const { principal, executionKey, step, operationId, activity, attempt, input } = request;
  return {
    name: 'adx_start_step',
    text: 'select start_step($1, $2, $3, $4, $5, $6, $7, $8, $9) as lease',
    values: [
      ...[principal.tenantId, executionKey, step, operationId, activity, attempt],
      ...[hashOf(input), JSON.stringify(input), Math.ceil(leaseMs)],
    ],
  };
}

/** Ends the lease of an attempt that failed for certain. */
export function releaseStep(request: StepRequest, lease: string): Statement {
  return onStep('release_step', request, lease);
}

/** Last statement: the guarded ledger write, the audit entry and what the handler put into the outbox. */
export function finishStep(
  mode: 'forward' | 'undo',
  request: StepRequest & Partial<Pick<ForwardRequest, 'input' | 'audit'>>,
  output: Json,
  lease: string | null = null,
): Statement {
  const { principal, executionKey, step, operationId, activity, attempt, input = null, audit, outbox = [] } = request;
  return {
    name: 'adx_finish_step',
    text: 'select finish_step($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)',
    values: [
      ...[mode, principal.tenantId, executionKey, step, operationId, activity, attempt],
      ...[mode === 'forward' ? hashOf(input) : null, JSON.stringify(input), JSON.stringify(output)],
      ...[principal.sub, principal.kind, audit?.action ?? (mode === 'undo' ? `${activity}.undo` : activity)],
      ...[audit ? JSON.stringify(audit.detail) : null, lease],
      outbox.length > 0 ? JSON.stringify(outbox) : null,
    ],
  };
}

/** Records an attempt that had no effect, in a transaction of its own. */
export function auditAttempt(
  request: StepRequest & Partial<Pick<ForwardRequest, 'audit'>>,
  attempt: { readonly outcome: 'failed' | 'denied'; readonly action: string; readonly type: string },
): Statement {
  const { principal, executionKey, step, operationId } = request;
  return {
    name: 'adx_audit_attempt',
    text: 'select audit_attempt($1, $2, $3, $4, $5, $6, $7, $8, $9)',
    values: [
      ...[principal.tenantId, executionKey, step, operationId, principal.sub, principal.kind],
      ...[attempt.action, attempt.outcome, JSON.stringify({ type: attempt.type })],
    ],
  };
}

/** Sets the tenant of a transaction without a step. */
export function setTenant(tenantId: string): Statement {
  return { name: 'adx_set_tenant', text: "select set_config('adx.tenant_id', $1, true)", values: [tenantId] };
}

/** A function of the kernel that takes a step and the lease of its attempt. */
export function onStep(
  called: 'release_step' | 'hold_external_undo' | 'release_external_undo',
  { principal, executionKey, step }: StepRequest,
  lease: string,
): Statement {
  const values: readonly SqlValue[] = [principal.tenantId, executionKey, step, lease];
  return { name: `adx_${called}`, text: `select ${called}($1, $2, $3, $4)`, values };
}

/** What tells a repeated attempt from another step under the same name. */
function hashOf(input: Json): Buffer {
  return createHash('sha256').update(canonicalJson(input)).digest();
}
