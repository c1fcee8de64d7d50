import { failure, signalCheck } from '@adx/contract-kit';
import type { AnyWorkflowDefinition, Bound, Call, Json } from '@adx/contract-kit';
import {
  CancellationScope,
  TemporalFailure,
  condition,
  defineSignal,
  defineUpdate,
  setHandler,
} from '@temporalio/workflow';
import type { Attempts, Dispatch } from '../dispatch.ts';

/** More than this of one name that nobody waits for is a mistake of the sender. */
const LONGEST_QUEUE = 20;
/** The check has no effect, but a process must not hang on one. */
const CHECK_ATTEMPTS: Attempts = {
  attempt: '5s',
  attempts: 5,
  firstRetry: '500ms',
  longestRetry: '5s',
  within: '1m',
};

/** What the process was told and has not waited for yet. */
export interface Inbox {
  /** Undefined when nothing came within the time, in milliseconds; what is there or being checked then still counts. */
  next(signal: string, within?: number): Promise<Json | undefined>;
  has(signal: string): boolean;
}

/**
 * Registers an Update and a Signal for everything the contract declares. Both go through a check on the own queue, of
 * the payload's shape and the sender's signature: an Update is answered with what is wrong, a Signal is dropped.
 */
export function createInbox(
  definition: AnyWorkflowDefinition & Bound,
  dispatch: Dispatch,
  isOpen: () => boolean,
): Inbox {
  const queues = new Map<string, Json[]>();
  let checking = 0;

  const refuse = (signal: string) => {
    if (!isOpen()) throw failure('SignalRefused', `the process does not wait for "${signal}" any more`);
    if (queues.get(signal)!.length >= LONGEST_QUEUE) throw failure('SignalRefused', `too many of "${signal}"`);
  };

  async function receive(signal: string, payload: unknown, call: unknown): Promise<{ readonly taken: true }> {
    checking += 1;
    try {
      // Never the call of the operation: who sends nothing would act in the name of whoever started the process.
      const sender = (typeof call === 'object' && call !== null ? call : {}) as Call;
      const type = signalCheck(definition.name, signal);
      const checked = await CancellationScope.nonCancellable(() =>
        dispatch(definition, type, (payload ?? null) as Json, signal, CHECK_ATTEMPTS, sender),
      );
      refuse(signal);
      queues.get(signal)!.push(checked);
      return { taken: true };
    } finally {
      checking -= 1;
    }
  }

  for (const signal of Object.keys(definition.signals)) {
    queues.set(signal, []);
    setHandler(
      defineUpdate<{ readonly taken: true }, [unknown, unknown]>(signal),
      (payload, call) => receive(signal, payload, call),
      { validator: (..._told: [unknown, unknown]) => refuse(signal) },
    );
    setHandler(defineSignal<[unknown, unknown]>(signal), async (payload, call) => {
      if (!isOpen()) return;
      await receive(signal, payload, call).catch((error: unknown) => {
        // A sender who wants to know sends an Update.
        if (!(error instanceof TemporalFailure)) throw error;
      });
    });
  }

  return {
    has: (signal) => queues.has(signal),
    async next(signal, within) {
      const queue = queues.get(signal)!;
      const end = within === undefined ? undefined : Date.now() + within;
      for (;;) {
        const first = queue.shift();
        if (first !== undefined) return first;
        if (end === undefined) await condition(() => queue.length > 0);
        else if (Date.now() < end) await condition(() => queue.length > 0, end - Date.now());
        else if (checking > 0) await condition(() => queue.length > 0 || checking === 0);
        else return undefined;
      }
    },
  };
}
