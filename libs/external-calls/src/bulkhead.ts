import type { Bulkhead } from '@adx/activity-middleware';
import { failure } from '@adx/contract-kit';

/** How many calls one process may have under way to one external service, and waiting for it. */
export interface BulkheadLimits {
  readonly concurrent: number;
  readonly queued: number;
}

/** Calls per service and process: as many as the pool of a worker has connections; source: `POOL_SIZE` of persistence. */
export const BULKHEAD: BulkheadLimits = { concurrent: 16, queued: 32 };

/** A full queue: long enough for some calls to end, short against the wait of an open breaker. */
const RETRY_MS = 1_000;

interface Lane {
  running: number;
  /** Each takes over the place of one that ended. */
  readonly waiting: Set<() => void>;
}

/** One lane per external service, for as long as it has calls. */
export function createBulkhead(limits: BulkheadLimits = BULKHEAD): Bulkhead {
  const lanes = new Map<string, Lane>();
  return {
    async run(service, signal, work) {
      const lane = lanes.get(service) ?? { running: 0, waiting: new Set() };
      lanes.set(service, lane);
      if (lane.running < limits.concurrent) lane.running += 1;
      else if (lane.waiting.size < limits.queued) await turn(lane, signal);
      else {
        throw failure(
          'UpstreamBusy',
          `${service} has ${limits.concurrent} calls under way and ${limits.queued} waiting`,
          {
            retryAfterMs: RETRY_MS * (1 + Math.random()),
          },
        );
      }
      try {
        return await work();
      } finally {
        const [next] = lane.waiting;
        if (next) {
          lane.waiting.delete(next);
          next();
        } else {
          lane.running -= 1;
          if (lane.running === 0) lanes.delete(service);
        }
      }
    },
  };
}

function turn(lane: Lane, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const go = () => {
      signal.removeEventListener('abort', leave);
      resolve();
    };
    const leave = () => {
      lane.waiting.delete(go);
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', leave, { once: true });
    lane.waiting.add(go);
  });
}
