import { BOUNDS_SCALE_MEMO, milliseconds } from '@adx/contract-kit';
import type { Duration } from '@adx/contract-kit';
import { workflowInfo } from '@temporalio/workflow';

/** An attempt takes real time however small the factor is; a shorter timeout would measure the machine. */
const SHORTEST_ATTEMPT_MS = 1_000;
/** Twenty attempts fit into it, so that a scaled run ends for the same reason as a real one. */
const SHORTEST_PATIENCE_MS = 60_000;

/** Turns the durations of contracts and patterns into milliseconds of this very run. */
export interface BoundsScale {
  /** An interval or a deadline. */
  interval(duration: Duration): number;
  /** The time of one attempt: scaled, but never below a second. */
  attempt(duration: Duration): number;
  /** The time of all attempts and the waiting between them: scaled, but never below a minute. */
  patience(duration: Duration): number;
}

/**
 * The factor that tests and fault demonstrations put into the memo, 1 otherwise. The memo is part of the history, so
 * that a replay uses the factor of the original run.
 */
export function boundsScale(): BoundsScale {
  const factor = workflowInfo().memo?.[BOUNDS_SCALE_MEMO];
  const scale = typeof factor === 'number' && factor > 0 ? factor : 1;
  const scaled = (duration: Duration, shortest: number) =>
    Math.max(Math.min(shortest, milliseconds(duration)), Math.round(milliseconds(duration) * scale));
  return {
    interval: (duration) => scaled(duration, 1),
    attempt: (duration) => scaled(duration, SHORTEST_ATTEMPT_MS),
    patience: (duration) => scaled(duration, SHORTEST_PATIENCE_MS),
  };
}
