import type { TestPlatform } from '@adx/testing';

/** Which history to record; of a process that went on as a new run, one of them. */
export interface Lived {
  readonly operationId: string;
  readonly runId?: string;
}

/** What a process may have lived through, by behaviour, and whose worker replays it. */
export interface Recorded {
  readonly app: string;
  readonly behaviours: Readonly<Record<string, (platform: TestPlatform) => Promise<Lived>>>;
}

/** Long enough for a busy machine. */
export const BOUND_MS = 60_000;

/** Waits until a process has ended. @throws Error when it does not */
export async function ended<P extends Lived>(platform: TestPlatform, one: P): Promise<P> {
  if (!(await platform.operations.ended(one.operationId, BOUND_MS))) throw new Error('did not end');
  return one;
}

/** @throws Error when it does not hold within a minute */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + BOUND_MS;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error('what was waited for did not happen');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
