import { setTimeout as pause } from 'node:timers/promises';

/** How often a condition is looked at again. Short against the start of any part (0.3 s and up). */
const INTERVAL_MS = 25;

/**
 * Looks at a condition until it gives a value other than `undefined`.
 *
 * @param options.within milliseconds; a look that takes longer than the rest of them is abandoned, not awaited
 * @returns the value, or `undefined` when time was up
 * @throws what `look` throws: a condition that cannot become true any more ends the wait at once
 */
export async function waitUntil<T>(
  look: () => Promise<T | undefined> | T | undefined,
  options: { readonly within: number },
): Promise<T | undefined> {
  const end = Date.now() + options.within;
  const timeUp = new AbortController();
  const limit = pause(options.within, undefined, { signal: timeUp.signal, ref: true }).catch(() => undefined);
  try {
    for (;;) {
      const value = await Promise.race([look(), limit]);
      if (value !== undefined || Date.now() >= end) return value;
      await pause(Math.min(INTERVAL_MS, Math.max(0, end - Date.now())));
    }
  } finally {
    timeUp.abort();
    await limit;
  }
}
