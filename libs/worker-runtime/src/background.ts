import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@adx/telemetry';

/** Work that a worker does beside its queue, for as long as it runs. */
export interface BackgroundTask {
  readonly name: string;
  /** Ends soon after the signal. One that rejects is run again. */
  run(signal: AbortSignal): Promise<void>;
}

/** A failed task waits 1, 2, 4, ... 30 s before it is run again: long enough for a database to restart. */
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;
/** One that ran this long was healthy: the next failure is a new one. */
const HEALTHY_MS = 60_000;

/** @returns ends all of them, and resolves when they have ended */
export function runInBackground(tasks: readonly BackgroundTask[], logger: Logger): () => Promise<void> {
  const stopping = new AbortController();
  const running = tasks.map((task) => keepRunning(task, stopping.signal, logger));
  return async () => {
    stopping.abort();
    await Promise.all(running);
  };
}

async function keepRunning(task: BackgroundTask, signal: AbortSignal, logger: Logger): Promise<void> {
  let wait = FIRST_RETRY_MS;
  while (!signal.aborted) {
    const began = Date.now();
    try {
      await task.run(signal);
      return;
    } catch (error) {
      if (Date.now() - began > HEALTHY_MS) wait = FIRST_RETRY_MS;
      logger.error({ error, task: task.name, againInMs: wait }, 'background task failed');
      await delay(wait, undefined, { signal }).catch(() => undefined);
      wait = Math.min(wait * 2, LONGEST_RETRY_MS);
    }
  }
}
