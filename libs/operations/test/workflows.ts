import { OPERATION_STATE_QUERY, RESOLVE_STEP_UPDATE, declaredError, failure } from '@adx/contract-kit';
import type { Call, OperationState, OperationStatus, Resolution, ResolutionOutcome } from '@adx/contract-kit';
import { defineSearchAttributeKey } from '@temporalio/common';
import {
  CancelledFailure,
  condition,
  defineQuery,
  defineUpdate,
  isCancellation,
  setHandler,
  sleep,
  upsertSearchAttributes,
} from '@temporalio/workflow';

interface Input {
  readonly mode: 'completes' | 'fails' | 'fails without a state' | 'waits' | 'cancels without a word';
}

interface Nudge {
  readonly by: string;
  readonly times: number;
}

const STATUS = defineSearchAttributeKey('OperationStatus', 'KEYWORD');

/** Written by hand, not with a pattern: what is tested is what a starter makes of any process. */
export async function probe({ mode }: Input): Promise<string> {
  let status: OperationStatus = 'running';
  let resolved = 0;
  const say = (next: OperationStatus) => {
    status = next;
    upsertSearchAttributes([{ key: STATUS, value: next }]);
  };
  const state = (): OperationState => ({
    status,
    cancellable: true,
    steps: [{ name: 'look', service: 'probe', status: 'running', startedAt: '2026-01-02T03:04:05.000Z' }],
  });
  setHandler(defineQuery<OperationState>(OPERATION_STATE_QUERY), state);
  setHandler(
    defineUpdate<ResolutionOutcome, [Resolution]>(RESOLVE_STEP_UPDATE),
    async ({ step, action, reason, fingerprint }) => {
      if (reason === 'slow') await sleep('1h');
      resolved += 1;
      return { step, action, outcome: 'resolved', fingerprint };
    },
    {
      validator: ({ step }) => {
        if (step !== 'look') throw failure('StepNotParked', 'only "look" waits here');
      },
    },
  );
  let nudged = 0;
  setHandler(
    defineUpdate<{ readonly taken: true }, [Nudge, Call]>('nudged'),
    async ({ by, times }, { principal }) => {
      if (by === 'slow') await sleep('1h');
      if (principal === 'forged') throw failure('TenantAccessDenied', 'nobody signed this');
      nudged += times;
      if (by === 'the last') resolved += 1;
      return { taken: true };
    },
    {
      validator: ({ by }, _call) => {
        if (by === 'too late') throw failure('SignalRefused', 'the process does not wait for "nudged" any more');
      },
    },
  );
  switch (mode) {
    case 'completes':
      say('completed');
      return 'done';
    case 'fails': {
      say('compensated');
      const cause = declaredError('probe', 'NothingThere', {});
      throw failure('SagaCompensated', 'nothing is there', { cause, details: [{ ...state() } as never] });
    }
    case 'fails without a state':
      throw failure('DatabaseRefused', 'unforeseen');
    default:
      try {
        await condition(() => resolved > 0);
        say('completed');
        return nudged > 0 ? `nudged ${nudged}` : `resolved ${resolved}`;
      } catch (error) {
        if (!isCancellation(error)) throw error;
        if (mode === 'waits') say('cancelled');
        throw new CancelledFailure('cancelled on request');
      }
  }
}

export { probe as probeEntity };
