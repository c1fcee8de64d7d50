import { failure } from '@adx/contract-kit';
import type { Json, Principal } from '@adx/contract-kit';
import type { z } from 'zod';
import type { CallGuard } from '../call-guard.ts';
import type { Frame } from '../frame.ts';
import { failOf } from '../handlers.ts';
import type { AnyHandler, AnyUndoCall, CallOnly } from '../handlers.ts';
import type { Invocation } from '../invocation.ts';
import { collectOutbox } from '../outbox.ts';
import type { ForwardRequest, StepLedger } from '../step-ledger.ts';
import type { RecordedDecision } from './with-validation.ts';

type Framed = Invocation & { readonly input: Json; readonly principal: Principal };

/** What other middlewares may have left for the frame and nobody else. */
type Plumbing = Partial<CallOnly<object>> & { readonly breakerGuard?: CallGuard; readonly guard?: CallGuard };

/**
 * Ends the chain: one tenant transaction with the ledger, the access check, the handler and the audit entry.
 *
 * @throws whatever {@link StepLedger} throws
 */
export function withTransaction<Tx>(): Frame<Framed, Tx, { readonly ledger: StepLedger<Tx> }> {
  return { run: (context, handler, { ledger }) => runInLedger(context, handler, ledger) };
}

async function runInLedger<Tx>(context: Framed, handler: AnyHandler, ledger: StepLedger<Tx>): Promise<Json> {
  const { activity, mode, call, attempt, input, principal } = context;
  const { operationId, executionKey, step } = call;
  const { outbox, rows } = collectOutbox({ service: activity.service, tenantId: principal.tenantId });
  const request: ForwardRequest = {
    principal,
    operationId,
    executionKey,
    step,
    service: activity.service,
    activity: activity.name,
    attempt: attempt.attempt,
    input,
    access: activity.access,
    roles: activity.roles,
    outbox: rows,
  };
  const seen = { ...handlerContext(context), operationId, step, outbox };
  const { inCall = {} } = context as Plumbing;

  switch (mode) {
    case 'forward':
      return forward();
    case 'undo':
      await undo();
      return null;
    case 'settle':
      return { ...(await ledger.settle(request)) };
    case 'resolve': {
      const { startedBy, ...detail } = input as z.output<typeof RecordedDecision>;
      // A decision is a step of its own: recorded once, however often it is attempted.
      const audit = { action: `${activity.name}.resolve`, detail };
      return ledger.forward({ ...request, input: detail, access: 'lifecycle', roles: [], audit }, async () => {
        if (startedBy !== undefined) refuseSamePerson(startedBy, principal, detail.action);
        return null;
      });
    }
  }

  async function forward(): Promise<Json> {
    const own = { ...seen, input, fail: failOf(activity) };
    const run = (tx: Tx) => handler.run!({ ...own, tx }).then(checkOutput);
    if (activity.kind === 'readonly') {
      const output = await ledger.look(request, run);
      if (rows.length > 0) throw new Error(`${activity.service}.${activity.name} is readonly: it has no outbox`);
      return output;
    }
    if (activity.effect === 'database') return ledger.forward(request, run);
    if (activity.effect === 'fetched') {
      return ledger.fetched(
        { ...request, leaseMs: attempt.timeoutMs },
        {
          prepare: (tx) => handler.prepare!({ ...own, tx }),
          call: (prepared) => handler.call!({ ...own, ...inCall, prepared }),
          apply: (tx, fetched) => handler.apply!({ ...own, tx, fetched }).then(checkOutput),
        },
      );
    }
    return ledger.external(
      { ...request, leaseMs: attempt.timeoutMs },
      {
        prepare: (tx) => handler.prepare!({ ...own, tx }),
        call: (prepared, key) => handler.call!({ ...own, ...inCall, prepared, key }).then(checkOutput),
      },
    );
  }

  async function undo(): Promise<void> {
    // The shape of `undo` follows from the contract; the definition check has seen to it.
    if (activity.effect !== 'external') {
      const undoEffect = handler.undo as (context: object) => Promise<void>;
      // Without an output nothing was applied: a fetched effect has begun its call, and no more.
      return ledger.undo(request, async (tx, row) => {
        if (row.output !== undefined) await undoEffect({ ...seen, ...row, tx });
      });
    }
    const undoCall = handler.undo as AnyUndoCall;
    return ledger.undoExternal(
      { ...request, leaseMs: attempt.timeoutMs },
      {
        prepare: (tx, row, key) => undoCall.prepare({ ...seen, ...row, key, tx }),
        call: (prepared, row, key) => undoCall.call({ ...seen, ...inCall, ...row, key, prepared }),
      },
    );
  }

  /** What the contract does not declare must not enter the ledger, where a replay would find it. */
  function checkOutput(output: unknown): Json {
    const parsed = activity.output.safeParse(output);
    if (parsed.success) return parsed.data;
    const faults = parsed.error.issues.map(({ path, code }) => `${path.join('.') || 'output'} (${code})`);
    throw new Error(
      `${activity.service}.${activity.name} returned what its contract does not declare: ${faults.join(', ')}`,
    );
  }
}

/**
 * The principal of the process needs no check of its signature here: its own steps were let in by it.
 *
 * @throws SecondPersonRequired
 */
function refuseSamePerson(startedBy: string, principal: Principal, action: string): void {
  const [, claims = ''] = startedBy.split('.');
  const { sub, kind } = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as Pick<
    Principal,
    'sub' | 'kind'
  >;
  if (sub !== principal.sub || kind !== principal.kind) return;
  throw failure(
    'SecondPersonRequired',
    `who started the operation may have a step retried; "${action}" has to come from somebody else`,
  );
}

/** What the middlewares added, without the kernel's own keys: handlers see business, not plumbing. */
function handlerContext(context: Framed): object {
  const {
    activity: _activity,
    mode: _mode,
    call: _call,
    attempt: _attempt,
    raw: _raw,
    input: _input,
    inCall: _inCall,
    breakerGuard: _breakerGuard,
    guard: _guard,
    ...added
  } = context as Framed & Plumbing;
  return added;
}
