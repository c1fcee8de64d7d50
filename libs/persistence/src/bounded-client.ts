import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { pipelineOf } from './pipeline.ts';
import type { Statement, StatementResult } from './statement.ts';

/** What node-postgres says when `query_timeout` is over. It has no code: a test pins the text. */
export const QUERY_TIMEOUT_MESSAGE = 'Query read timeout';

const SOCKET_END_MS = 1_000;

/**
 * A connection that is destroyed when a query was not answered in time. The library only stops waiting: the
 * connection, with a COMMIT still under way on it, would go back into the pool.
 */
export class BoundedClient extends Client {
  readonly #prepared = new Set<string>();

  // The library's overloads end in "any arguments": here they only pass through.
  override query(...args: unknown[]): never {
    const result = (super.query as (...all: unknown[]) => unknown).apply(this, args);
    return (result instanceof Promise ? this.#bounded(result) : result) as never;
  }

  /** Sends statements in one round trip; those behind one that fails are not executed. */
  send(statements: readonly Statement[]): Promise<readonly StatementResult[]> {
    const sent = new Promise<readonly StatementResult[]>((resolve, reject) => {
      const query = pipelineOf(statements, this.#prepared, (error, results) =>
        error ? reject(error) : resolve(results),
      );
      super.query(query as never);
    });
    return this.#bounded(sent);
  }

  /** Ends the connection at once, so that the pool does not keep it. */
  async destroy(): Promise<void> {
    const { connection } = this as unknown as { connection: { stream: { closed: boolean; destroy(): void } } };
    // The other side was first: nobody would say so again.
    if (connection.stream.closed) return;
    // Not `events.once`: it would reject with the error that the broken connection emits on its way to the end.
    const ended = new Promise((resolve) => void this.once('end', resolve));
    connection.stream.destroy();
    await Promise.race([ended, delay(SOCKET_END_MS, undefined, { ref: false })]);
  }

  async #bounded<T>(result: Promise<T>): Promise<T> {
    try {
      return await result;
    } catch (error) {
      if ((error as Error).message === QUERY_TIMEOUT_MESSAGE) await this.destroy();
      throw error;
    }
  }
}
