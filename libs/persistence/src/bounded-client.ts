import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';

/** What node-postgres says when `query_timeout` is over. It has no code: a test pins the text. */
export const QUERY_TIMEOUT_MESSAGE = 'Query read timeout';

const SOCKET_END_MS = 1_000;

/**
 * A connection that is destroyed when a query was not answered in time. The library only stops waiting: the
 * connection, with a COMMIT still under way on it, would go back into the pool.
 */
export class BoundedClient extends Client {
  // The library's overloads end in "any arguments": here they only pass through.
  override query(...args: unknown[]): never {
    const result = (super.query as (...all: unknown[]) => unknown).apply(this, args);
    if (!(result instanceof Promise)) return result as never;
    return result.catch(async (error: Error) => {
      if (error.message === QUERY_TIMEOUT_MESSAGE) {
        const { connection } = this as unknown as { connection: { stream: { destroy(): void } } };
        // Not `events.once`: it would reject with the error that the broken connection emits on its way to the end.
        const ended = new Promise((resolve) => void this.once('end', resolve));
        connection.stream.destroy();
        await Promise.race([ended, delay(SOCKET_END_MS, undefined, { ref: false })]);
      }
      throw error;
    }) as never;
  }
}
