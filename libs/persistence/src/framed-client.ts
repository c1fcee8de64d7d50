import { AsyncLocalStorage } from 'node:async_hooks';
import { BoundedClient } from './bounded-client.ts';
import { BEGIN, COMMIT } from './statement.ts';
import type { Statement, StatementResult } from './statement.ts';

/** What the kernel sends around the effect of a transaction, and what it was answered. */
export interface Frame {
  readonly first: Statement;
  last?: Statement;
  answers: { first?: unknown; last?: unknown };
  /** Why BEGIN or COMMIT, or what went with it, failed: as the driver said it, before Prisma has wrapped it. */
  failure?: Error;
  begun?: boolean;
}

/** The frame of the transaction that Prisma is about to begin: its adapter takes no arguments. */
export const frames = new AsyncLocalStorage<Frame>();

/** What Prisma's adapter makes of BEGIN and COMMIT. */
const NO_ROWS = { rows: [], fields: [], rowCount: 0 };

/**
 * A connection that sends the kernel's first statement together with Prisma's BEGIN and its last one together with
 * COMMIT, in one round trip each. Whatever fails, no connection goes back into the pool with an open transaction.
 */
export class FramedClient extends BoundedClient {
  #frame: Frame | undefined;

  override query(...args: unknown[]): never {
    const sql = (args[0] as { readonly text?: unknown } | undefined)?.text;
    const frame = frames.getStore();
    if (sql === 'BEGIN' && frame && !frame.begun) return this.#begin(frame) as never;
    if (sql === 'COMMIT') return this.#commit() as never;
    if (sql === 'ROLLBACK') this.#frame = undefined;
    return (super.query as (...all: unknown[]) => never).apply(this, args);
  }

  /** A whole transaction in one round trip. */
  async transact(statements: readonly Statement[]): Promise<readonly StatementResult[]> {
    const results = await this.#close([BEGIN, ...statements]);
    return results.slice(1);
  }

  async #begin(frame: Frame): Promise<typeof NO_ROWS> {
    frame.begun = true;
    this.#frame = frame;
    try {
      const [, answer] = await this.send([BEGIN, frame.first]);
      frame.answers.first = answer?.rows[0];
    } catch (error) {
      frame.failure = error as Error;
      // The server refused the kernel's statement: there is a transaction, and Prisma will roll it back.
      if ((error as { readonly severity?: unknown }).severity !== 'ERROR') throw error;
    }
    return NO_ROWS;
  }

  async #commit(): Promise<typeof NO_ROWS> {
    const frame = this.#frame;
    this.#frame = undefined;
    try {
      const results = await this.#close(frame?.last ? [frame.last] : []);
      if (frame?.last) frame.answers.last = results[0]?.rows[0];
      return NO_ROWS;
    } catch (error) {
      if (frame) frame.failure = error as Error;
      throw error;
    }
  }

  /** The statements and COMMIT; when one of them fails, nobody else rolls back. */
  async #close(statements: readonly Statement[]): Promise<readonly StatementResult[]> {
    try {
      const results = await this.send([...statements, COMMIT]);
      // COMMIT of a transaction whose error somebody swallowed succeeds, and says what it did.
      if (results.at(-1)?.command === 'COMMIT') return results;
      throw Object.assign(new Error('the transaction had failed, and somebody caught its error'), { code: '25P02' });
    } catch (error) {
      await this.#leave();
      throw error;
    }
  }

  async #leave(): Promise<void> {
    try {
      await (super.query as (sql: string) => Promise<unknown>).call(this, 'ROLLBACK');
    } catch {
      await this.destroy();
    }
  }
}
