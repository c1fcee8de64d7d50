/** Of a total, whole; rounded down, so that 100 means all. */
export function percentageOf(processed: number, total: number): number {
  return total === 0 ? 100 : Math.min(100, Math.floor((processed * 100) / total));
}

/**
 * The tenth of a total, in per cent, that was passed last on the way from `before` to `after`; undefined when there was
 * none. The last one is none: how a process ends is news of its own.
 */
export function tenthPassed({
  before,
  after,
  total,
}: {
  readonly before: number;
  readonly after: number;
  readonly total: number;
}): number | undefined {
  const tenth = Math.floor(percentageOf(after, total) / 10) * 10;
  return tenth < 100 && tenth > percentageOf(before, total) ? tenth : undefined;
}
