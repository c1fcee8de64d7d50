import { PAUSE_SIGNAL, RESUME_SIGNAL } from '@adx/contract-kit';
import type { Call, OperationStatus } from '@adx/contract-kit';
import { condition, defineSignal, setHandler } from '@temporalio/workflow';
import type { Operation } from '../operation.ts';

/** Where lanes wait while the process is paused. */
export interface PauseGate {
  /** Comes back when the process is not paused; at once, when it is not. @throws CancelledFailure when its scope is */
  pass(): Promise<void>;
  /** Batches begin and end: `paused` is said only when nothing is under way. */
  batchBegins(): void;
  batchEnds(): void;
  /** From here on the status is somebody else's. */
  close(): void;
}

/**
 * Registers the signals {@link PAUSE_SIGNAL} and {@link RESUME_SIGNAL}. Signals, not updates: none gets lost when the
 * process goes on as a new run at the same moment, and both may be repeated.
 *
 * @param onChange called after each change; with the milliseconds of the pause when it is over
 */
export function createPauseGate(operation: Operation, onChange: (pausedMs: number) => void): PauseGate {
  let wanted = false;
  let closed = false;
  let underWay = 0;
  let since = 0;

  const show = () => {
    if (closed) return;
    const status: OperationStatus = !wanted ? 'running' : underWay > 0 ? 'pausing' : 'paused';
    const before = operation.state.status;
    if (status === before) return;
    if (status === 'paused') since = Date.now();
    operation.setStatus(status);
    onChange(before === 'paused' ? Date.now() - since : 0);
  };
  const want = (pause: boolean) => () => {
    wanted = pause;
    show();
  };
  setHandler(defineSignal<[Call]>(PAUSE_SIGNAL), want(true));
  setHandler(defineSignal<[Call]>(RESUME_SIGNAL), want(false));

  return {
    pass: async () => {
      if (wanted) await condition(() => !wanted);
    },
    batchBegins: () => void (underWay += 1),
    batchEnds() {
      underWay -= 1;
      show();
    },
    close: () => void (closed = true),
  };
}
