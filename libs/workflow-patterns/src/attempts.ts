import type { ActivityDefinition } from '@adx/contract-kit';
import type { Attempts } from './dispatch.ts';

/** A step that fails waits 0.5, 1, 2, ... 10 s between its attempts; its number of attempts is the contract's. */
export function forwardAttempts(activity: Pick<ActivityDefinition, 'bounds'>): Attempts {
  return { ...activity.bounds, firstRetry: '500ms', longestRetry: '10s' };
}

/** A batch is large work: 10, 20, ... 300 s between its attempts, so that a database that struggles can recover. */
export function batchAttempts(activity: Pick<ActivityDefinition, 'bounds'>): Attempts {
  return { ...activity.bounds, firstRetry: '10s', longestRetry: '5m', locally: false };
}

/** What must succeed is tried for an hour at most, also when no worker of the owner is alive; then a person looks. */
const PATIENCE = '1h';

/** From the pivot on nothing interrupts, so that a dead worker must not hold the saga for ever. */
export function settledAttempts(activity: Pick<ActivityDefinition, 'bounds'>): Attempts {
  return { ...forwardAttempts(activity), within: PATIENCE };
}

/** Undo, settle and the record of a person's decision: more patient than any step, then parked. */
export const REPAIR_ATTEMPTS: Attempts = {
  attempt: '30s',
  attempts: 20,
  firstRetry: '1s',
  longestRetry: '60s',
  within: PATIENCE,
};
