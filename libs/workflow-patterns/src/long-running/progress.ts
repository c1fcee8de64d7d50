import { percentageOf } from '@adx/contract-kit';
import type { OperationProgress } from '@adx/contract-kit';
import type { Carried } from './carried.ts';

/**
 * How far a process is. Everything until now is the measure of what comes: the rate of one batch says little.
 *
 * @param working false while nothing is under way: there is no estimate then
 */
export function progressOf(carried: Carried, working: boolean): OperationProgress {
  const { processed, failed, total, processedAtOpening, startedAt, pausedMs, lanes } = carried;
  // Whoever counted too few at the opening has some left all the same.
  const most = lanes.some(({ cursor }) => cursor !== null) ? 99 : 100;
  const progress = { processed, failed, total, percentage: Math.min(most, percentageOf(processed, total)) };
  const done = processed - processedAtOpening;
  if (!working || done <= 0 || processed >= total) return progress;
  const perItem = (Date.now() - Date.parse(startedAt) - pausedMs) / done;
  return {
    ...progress,
    estimatedCompletionAt: new Date(Date.now() + Math.round(perItem * (total - processed))).toISOString(),
  };
}

/** Whether a notice is due: a multiple of the step was passed, or the end reached. */
export function isNoticeDue(
  every: { readonly items: number } | { readonly percent: number },
  { total }: Pick<Carried, 'total'>,
  before: number,
  after: number,
): boolean {
  if (after <= before) return false;
  if ('items' in every) return Math.floor(after / every.items) > Math.floor(before / every.items);
  return (
    Math.floor(percentageOf(after, total) / every.percent) > Math.floor(percentageOf(before, total) / every.percent)
  );
}
