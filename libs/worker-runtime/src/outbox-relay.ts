import { setTimeout as delay } from 'node:timers/promises';
import { harmless } from '@adx/activity-middleware';
import type { Meter, OutboxBatch, OutboxStore } from '@adx/activity-middleware';
import type { BackgroundTask } from './background.ts';

/** A wake-up may be lost with its connection: then a row waits this long. */
const POLL_MS = 1_000;
/** The lag is measured this often at most. */
const LAG_MS = 1_000;

/** Works off an outbox for as long as the worker runs. Several relays on one outbox are safe. */
export function createRelay(options: {
  readonly store: OutboxStore;
  readonly deliver: (batch: OutboxBatch) => Promise<void>;
  /** Gets `outbox_lag_ms`. */
  readonly meter?: Meter;
}): BackgroundTask {
  const { store, deliver } = options;
  const meter = options.meter && harmless(options.meter);
  return {
    name: 'outbox-relay',
    async run(signal) {
      let news = Promise.withResolvers<void>();
      const stopListening = await store.listen(() => news.resolve());
      let measured = 0;
      try {
        while (!signal.aborted) {
          if (meter && Date.now() - measured > LAG_MS) {
            measured = Date.now();
            meter.record('outbox_lag_ms', await store.lag(), {});
          }
          // Renewed before the look: what is committed after it wakes us.
          news = Promise.withResolvers();
          if ((await store.work(deliver)) > 0) continue;
          const waiting = new AbortController();
          const ended = AbortSignal.any([signal, waiting.signal]);
          await Promise.race([news.promise, delay(POLL_MS, undefined, { signal: ended }).catch(() => undefined)]);
          waiting.abort();
        }
      } finally {
        await stopListening();
      }
    },
  };
}
