import type {
  ExternalRequest,
  ForwardRequest,
  ReadRequest,
  Settlement,
  StepLedger,
  StepRequest,
} from '@adx/activity-middleware';
import { failure } from '@adx/contract-kit';
import type { FailureType, FaultInjector, FaultPoint, Json, StepMode } from '@adx/contract-kit';
import { ApplicationFailure } from '@temporalio/common';
import { externalKey } from './external-key.ts';
import { createExternalUndo } from './external-undo.ts';
import { auditAttempt, beginRead, beginStep, finishStep, releaseStep, setTenant, startStep } from './ledger-sql.ts';
import type { Verdict } from './ledger-sql.ts';
import { busy, refuseBusy } from './step-busy.ts';
import type { TenantTransactions } from './tenant-transaction.ts';

/** Somebody was not allowed to; everything else has failed. */
const DENIALS: ReadonlySet<string> = new Set<FailureType>(['TenantAccessDenied', 'SecondPersonRequired']);

/** What the ledger already knows of a step, or `run`: the effect is ours to cause. */
type Known = 'run' | { readonly output: Json };

/** The ledger over the kernel's SQL functions. */
export function createStepLedger<Tx>(options: {
  readonly transactions: TenantTransactions<Tx>;
  readonly faults?: FaultInjector;
  /** Is told when rows of the outbox may have been committed. */
  readonly wakeRelay: () => void;
}): StepLedger<Tx> {
  const { transactions, faults, wakeRelay } = options;
  const { framed, alone } = transactions;

  const pass = async (point: FaultPoint, mode: StepMode, request: StepRequest): Promise<void> => {
    const { service, activity, step, attempt } = request;
    await faults?.pass({ point, mode, service, activity, step, attempt });
  };

  const undoExternal = createExternalUndo({ transactions, pass });
  return {
    forward: (request, effect) =>
      recorded(request, request.audit?.action ?? request.activity, () => forward(request, effect)),
    external: (request, effect) => recorded(request, request.activity, () => external(request, effect)),
    fetched: (request, effect) => recorded(request, request.activity, () => fetched(request, effect)),
    undo: (request, effect) => recorded(request, `${request.activity}.undo`, () => undo(request, effect)),
    undoExternal: (request, effect) =>
      recorded(request, `${request.activity}.undo`, () => undoExternal(request, effect)),
    settle,
    look,
    withTenant,
  };

  /**
   * What was denied, or failed for good, leaves an entry too: in a transaction of its own, as the attempt's was rolled
   * back. When that cannot be written, the attempt ends retryably and is made again: no denial without a record.
   */
  async function recorded<T>(request: StepRequest, action: string, attempt: () => Promise<T>): Promise<T> {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof ApplicationFailure && error.nonRetryable) {
        const type = error.type ?? 'UnexpectedError';
        const outcome = DENIALS.has(type) ? 'denied' : 'failed';
        await alone(auditAttempt(request, { outcome, action, type }));
      }
      throw error;
    } finally {
      // Of one that failed, too: the reply to its COMMIT may be lost.
      if (request.outbox?.length) wakeRelay();
    }
  }

  async function forward(request: ForwardRequest, effect: (tx: Tx) => Promise<Json>): Promise<Json> {
    await pass('before-transaction', 'forward', request);
    const { output, ran } = await framed(beginStep('forward', request), async (tx, verdict, closeWith) => {
      const known = knownOf(verdict, request);
      if (known !== 'run') return { ...known, ran: false };
      const output = await effect(tx);
      closeWith(finishStep('forward', request, output));
      await pass('in-transaction', 'forward', request);
      return { output, ran: true };
    });
    if (ran) await pass('after-commit', 'forward', request);
    return output;
  }

  async function external<P>(
    request: ExternalRequest,
    effect: { prepare(tx: Tx): Promise<P>; call(prepared: P, key: string): Promise<Json> },
  ): Promise<Json> {
    const begun = await beginCall(request, (tx) => effect.prepare(tx));
    if ('known' in begun) return begun.known.output;
    const { lease } = begun;
    const output = await callOut(request, lease, async () => {
      await pass('in-lease', 'forward', request);
      return effect.call(begun.prepared, externalKey(request));
    });
    await pass('after-call', 'forward', request);
    const known = await finishExternal(request, output, lease);
    await pass('after-commit', 'forward', request);
    return known;
  }

  async function fetched<P, F>(
    request: ExternalRequest,
    effect: { prepare(tx: Tx): Promise<P>; call(prepared: P): Promise<F>; apply(tx: Tx, fetched: F): Promise<Json> },
  ): Promise<Json> {
    const begun = await beginCall(request, (tx) => effect.prepare(tx));
    if ('known' in begun) return begun.known.output;
    const { lease, prepared } = begun;
    return callOut(request, lease, async () => {
      await pass('in-lease', 'forward', request);
      const answer = await effect.call(prepared);
      await pass('after-call', 'forward', request);
      const output = await apply(request, lease, (tx) => effect.apply(tx, answer));
      await pass('after-commit', 'forward', request);
      return output;
    });
  }

  /** The call may have taken long: who may cause the effect is checked in its own transaction, as for any other. */
  async function apply(request: ExternalRequest, lease: string, effect: (tx: Tx) => Promise<Json>): Promise<Json> {
    try {
      return await framed(beginRead(request), async (tx, { verdict }, closeWith) => {
        refuse(verdict, request);
        const output = await effect(tx);
        closeWith(finishStep('forward', request, output, lease));
        await pass('in-transaction', 'forward', request);
        return output;
      });
    } catch (error) {
      return endedBy(error, request);
    }
  }

  async function beginCall<P>(
    request: ExternalRequest,
    prepare: (tx: Tx) => Promise<P>,
  ): Promise<{ readonly known: { readonly output: Json } } | { readonly prepared: P; readonly lease: string }> {
    await pass('before-transaction', 'forward', request);
    const begun = await framed(beginStep('forward', request), async (tx, verdict, closeWith) => {
      const known = knownOf(verdict, request);
      if (known !== 'run') return { known };
      const prepared = await prepare(tx);
      return { prepared, started: closeWith(startStep(request, request.leaseMs)) };
    });
    return begun.known ? { known: begun.known } : { prepared: begun.prepared, lease: begun.started().lease };
  }

  async function finishExternal(request: ExternalRequest, output: Json, lease: string): Promise<Json> {
    try {
      await alone(setTenant(request.principal.tenantId), finishStep('forward', request, output, lease));
      return output;
    } catch (error) {
      return endedBy(error, request);
    }
  }

  /** Our lease was over. Another attempt may have finished the step, then its output is the step's, or be at work. */
  async function endedBy(error: unknown, request: ExternalRequest): Promise<Json> {
    if (!(error instanceof ApplicationFailure && error.type === 'StepFenced')) throw error;
    const known = knownOf(await alone(beginStep('forward', request)), request);
    if (known === 'run') throw busy();
    return known.output;
  }

  async function callOut(request: ExternalRequest, lease: string, call: () => Promise<Json>): Promise<Json> {
    try {
      return await call();
    } catch (error) {
      // Only saves the next attempt the wait for the lease; what went wrong with the call is what matters.
      await alone(setTenant(request.principal.tenantId), releaseStep(request, lease)).catch(() => undefined);
      throw error;
    }
  }

  async function undo(
    request: StepRequest,
    effect: (tx: Tx, row: { readonly input: Json; readonly output: Json | undefined }) => Promise<void>,
  ): Promise<void> {
    await pass('before-transaction', 'undo', request);
    const ran = await framed(beginStep('undo', request), async (tx, verdict, closeWith) => {
      refuseBusy(verdict);
      if (verdict.verdict !== 'undo') return false;
      // Null is an output, too: only a step that never ended has none.
      const output = verdict.stored_state === 'done' ? verdict.stored_output : undefined;
      await effect(tx, { input: verdict.stored_input, output });
      closeWith(finishStep('undo', request, null));
      await pass('in-transaction', 'undo', request);
      return true;
    });
    if (ran) await pass('after-commit', 'undo', request);
  }

  async function settle(request: StepRequest): Promise<Settlement> {
    await pass('before-transaction', 'settle', request);
    const verdict = await alone(beginStep('settle', request));
    await pass('after-commit', 'settle', request);
    refuseBusy(verdict);
    if (verdict.verdict === 'done') return { outcome: 'done', output: verdict.stored_output };
    if (verdict.verdict === 'nothing') return { outcome: 'fenced' };
    throw failure('PivotUnsettled', `"${request.step}" has begun an external call, and nobody knows how it ended`);
  }

  function look<T>(request: ReadRequest, query: (tx: Tx) => Promise<T>): Promise<T> {
    return framed(beginRead(request), (tx, { verdict }) => {
      refuse(verdict, request);
      return query(tx);
    });
  }

  function withTenant<T>(principal: StepRequest['principal'], query: (tx: Tx) => Promise<T>): Promise<T> {
    return framed(setTenant(principal.tenantId), query);
  }
}

function knownOf(verdict: Verdict, request: ForwardRequest): Known {
  refuseBusy(verdict);
  const { step } = request;
  if (verdict.stored_state === 'undoing') throw failure('StepFenced', `step "${step}" is being undone`);
  switch (verdict.verdict) {
    case 'run':
      return 'run';
    case 'done':
      return { output: verdict.stored_output };
    case 'conflict':
      throw failure('StepConflict', `step "${step}" was attempted before with another input`);
    case 'fenced':
      throw failure('StepFenced', `step "${step}" is undone or fenced: its door is closed for ever`);
    case 'denied':
      throw denied(request);
    case 'unknown':
      throw unknown(request);
    default:
      throw new Error(`begin_step said "${verdict.verdict}" to a forward attempt`);
  }
}

function refuse(verdict: 'allowed' | 'denied' | 'unknown', request: ReadRequest): void {
  if (verdict === 'denied') throw denied(request);
  if (verdict === 'unknown') throw unknown(request);
}

function denied({ service, activity }: ReadRequest): ApplicationFailure {
  return failure('TenantAccessDenied', `the principal may not cause ${service}.${activity} in this tenant`);
}

function unknown({ service }: ReadRequest): ApplicationFailure {
  return failure('TenantAccessUnknown', `${service} does not know the tenant or the member yet`);
}
