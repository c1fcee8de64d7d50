import { RESOLVE_STEP_UPDATE, failure } from '@adx/contract-kit';
import type { Attention, Bound, Call, Resolution, ResolutionAction, ResolutionOutcome } from '@adx/contract-kit';
import { CancellationScope, TemporalFailure, defineUpdate, setHandler } from '@temporalio/workflow';
import { REPAIR_ATTEMPTS } from '../attempts.ts';
import type { Dispatch } from '../dispatch.ts';
import { operationErrorOf } from '../operation-error.ts';
import { now } from '../operation.ts';
import type { Operation, StepRecord } from '../operation.ts';

/** A person's answer. Whoever acts on it says how that ended: the operator's Update waits for it. */
export interface Decision {
  readonly action: ResolutionAction;
  answer(outcome: ResolutionOutcome['outcome']): void;
}

/** A step that cannot go on by itself. */
export interface Stuck {
  readonly activity: Bound;
  readonly record: StepRecord;
  readonly phase: Attention['phase'];
  readonly error: unknown;
  readonly actions: readonly ResolutionAction[];
}

/** Where stuck steps wait, durably, for a person. */
export interface AttentionDesk {
  park(stuck: Stuck): Promise<Decision>;
  /** Takes back that a step waits; an answer that is being recorded still comes. */
  withdraw(step: string): void;
}

interface Parked extends Stuck {
  readonly attention: Attention;
  readonly decide: (decision: Decision) => void;
  /** An answer is being recorded; a second one has to wait for its outcome. */
  answering: boolean;
}

/**
 * Registers the Update {@link RESOLVE_STEP_UPDATE}; the operation is `needs-attention` while any step waits here.
 *
 * @param startedBy the principal of who started the process, when its contract asks for a second person
 */
export function createAttentionDesk(operation: Operation, dispatch: Dispatch, startedBy?: string): AttentionDesk {
  const parked = new Map<string, Parked>();
  const answers = new Map<string, number>();
  let statusBefore = operation.state.status;

  function show(): void {
    if (parked.size > 0) {
      if (operation.state.status !== 'needs-attention') statusBefore = operation.state.status;
      operation.state.attention = [...parked.values()].map(({ attention }) => attention);
      operation.setStatus('needs-attention');
    } else {
      delete operation.state.attention;
      operation.setStatus(statusBefore);
    }
  }

  async function resolve(resolution: Resolution, call: Call): Promise<ResolutionOutcome> {
    const { step, action, reason, ticket, fingerprint } = resolution;
    const waiting = parked.get(step)!;
    waiting.answering = true;
    const answer = (answers.get(step) ?? 0) + 1;
    answers.set(step, answer);
    try {
      // Recorded before it takes effect, under the operator's own principal: a decision without a record is not acted on.
      // Who it may not come from is for the recorder to see, who knows signatures: what it refuses is recorded, too.
      const notFrom = startedBy !== undefined && action !== 'retry' ? { startedBy } : {};
      await dispatch(
        waiting.activity,
        `${waiting.activity.name}.resolve`,
        { action, phase: waiting.phase, reason, ticket: ticket ?? null, ...notFrom },
        `${step}.resolve${answer === 1 ? '' : `~${answer}`}`,
        REPAIR_ATTEMPTS,
        call,
      );
    } finally {
      waiting.answering = false;
    }
    parked.delete(step);
    show();
    const outcome = await new Promise<ResolutionOutcome['outcome']>((answered) => {
      waiting.decide({ action, answer: answered });
    });
    return { step, action, outcome, fingerprint };
  }

  setHandler(
    defineUpdate<ResolutionOutcome, [Resolution, Call]>(RESOLVE_STEP_UPDATE),
    // The saga may be undoing because it was cancelled: a repair must not be.
    (resolution, call) => CancellationScope.nonCancellable(() => resolve(resolution, call)),
    { validator: (...[resolution]: [Resolution, Call]) => refuseUnfit(resolution, parked.get(resolution?.step)) },
  );

  return {
    park: (stuck) =>
      new Promise((decide) => {
        const { record, activity, phase, error, actions } = stuck;
        if (phase === 'undo') record.undo = 'parked';
        else record.status = 'parked';
        const attention: Attention = {
          step: record.name,
          service: activity.service,
          phase,
          error: operationErrorOf(error),
          since: now(),
          actions,
        };
        parked.set(record.name, { ...stuck, attention, decide, answering: false });
        show();
      }),
    withdraw(step) {
      if (parked.delete(step)) show();
    },
  };
}

/** How a stuck step came loose: by itself, at last, or by a decision that leaves it as it is. */
export type Repaired<T> =
  { readonly value: T } | { readonly decided: Exclude<ResolutionAction, 'retry'>; readonly error: TemporalFailure };

/**
 * Attempts something until it works or a person decides otherwise.
 *
 * @param failed how an attempt already failed, if one did: then a person is asked first
 */
export async function untilDecided<T>(
  desk: AttentionDesk,
  stuck: Omit<Stuck, 'error'>,
  attempt: () => Promise<T>,
  failed?: TemporalFailure,
): Promise<Repaired<T>> {
  let decision: Decision | undefined;
  for (let error = failed; ;) {
    if (error) {
      const parked = desk.park({ ...stuck, error });
      decision?.answer('parked-again');
      decision = await parked;
      if (decision.action !== 'retry') {
        decision.answer('resolved');
        return { decided: decision.action, error };
      }
    }
    try {
      const value = await attempt();
      decision?.answer('resolved');
      return { value };
    } catch (thrown) {
      if (!(thrown instanceof TemporalFailure)) throw thrown;
      error = thrown;
    }
  }
}

function refuseUnfit(resolution: Resolution, waiting: Parked | undefined): void {
  if (!waiting) throw failure('StepNotParked', `step "${resolution?.step}" does not wait for an answer`);
  if (waiting.answering) throw failure('StepNotParked', `step "${resolution.step}" is being answered by somebody else`);
  if (!waiting.actions.includes(resolution.action)) {
    const choice = waiting.actions.join(', ');
    throw failure('ResolutionRefused', `step "${resolution.step}" takes ${choice}, not "${resolution.action}"`);
  }
  if (!resolution.reason?.trim()) throw failure('ResolutionRefused', 'a resolution needs a reason');
  if (resolution.action === 'done-by-hand' && !resolution.ticket?.trim()) {
    throw failure('ResolutionRefused', 'done-by-hand needs a ticket: where the work is recorded');
  }
}
