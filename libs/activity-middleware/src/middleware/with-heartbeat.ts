import type { Json } from '@adx/contract-kit';
import { Context } from '@temporalio/activity';
import { chainLink } from '../chain-link.ts';
import type { Invocation } from '../invocation.ts';
import type { Middleware } from '../middleware.ts';

/** What a handler can do with heartbeats. */
export interface Heartbeat {
  /** Aborts when the attempt is cancelled. Only an attempt whose contract has a heartbeat hears of it before its end. */
  readonly signal: AbortSignal;
  /** Tells how far the attempt is; the next attempt finds it in `lastHeartbeat`. A hint: the truth is in the database. */
  readonly heartbeat: (cursor: Json) => void;
  /** How far the attempt before this one told that it was. */
  readonly lastHeartbeat: Json | undefined;
}

/** Two of three heartbeats may come late. */
const BEATS_PER_TIMEOUT = 3;

/**
 * Tells Temporal that the attempt lives, at a third of the contract's `bounds.heartbeat`, while the rest of the chain
 * runs. Each heartbeat repeats the last cursor: one without it would make the next attempt begin anew.
 *
 * @throws whatever the handler throws when `signal` aborts
 */
export function withHeartbeat(): Middleware<Invocation, Heartbeat> {
  return chainLink('heartbeat', async (_context: Invocation, next) => {
    const activity = Context.current();
    const { heartbeatTimeoutMs = 0 } = activity.info;
    const signal = activity.cancellationSignal;
    const lastHeartbeat = (activity.info.heartbeatDetails ?? undefined) as Json | undefined;
    // Temporal says 0 for none, and then takes none.
    if (heartbeatTimeoutMs <= 0) return next({ signal, heartbeat: () => undefined, lastHeartbeat });

    let cursor = lastHeartbeat;
    const beat = () => activity.heartbeat(cursor);
    const heartbeat = (to: Json) => {
      cursor = to;
      beat();
    };
    const timer = setInterval(beat, heartbeatTimeoutMs / BEATS_PER_TIMEOUT);
    try {
      return await next({ signal, heartbeat, lastHeartbeat });
    } finally {
      clearInterval(timer);
    }
  });
}
