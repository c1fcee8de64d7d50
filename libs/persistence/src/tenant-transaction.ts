import type { Meter } from '@adx/activity-middleware';
import { failure } from '@adx/contract-kit';
import type { Pool } from 'pg';
import { databaseFailure } from './database-failure.ts';
import { frames } from './framed-client.ts';
import type { Frame, FramedClient } from './framed-client.ts';
import type { RawTransaction, TransactionalClient } from './raw-transaction.ts';
import type { Statement } from './statement.ts';

/** Gives a transaction its last statement, sent together with COMMIT; returns what tells its answer after that. */
export type CloseWith = <Row>(last: Statement<Row>) => () => Row;

/** The two ways to the tables. */
export interface TenantTransactions<Tx> {
  /** An effect, between the kernel's first statement and its last one. */
  readonly framed: <First, R>(
    first: Statement<First>,
    work: (tx: Tx, answer: First, closeWith: CloseWith) => Promise<R>,
  ) => Promise<R>;
  /** Statements of the kernel and nothing else, in one round trip; returns the answer to the last one. */
  readonly alone: <Row>(...statements: readonly [...Statement[], Statement<Row>]) => Promise<Row>;
}

/** @param options.pool of {@link FramedClient}, the one that the client's adapter has */
export function createTransactions<Tx extends RawTransaction>(options: {
  readonly client: TransactionalClient<Tx>;
  readonly pool: Pool;
  readonly meter: Meter;
}): TenantTransactions<Tx> {
  const { client, pool, meter } = options;
  return {
    framed: (first, work) =>
      measured(async () => {
        const frame: Frame = { first, answers: {} };
        const closeWith = <Row>(last: Statement<Row>) => {
          frame.last = last;
          return () => frame.answers.last as Row;
        };
        try {
          return await frames.run(frame, () =>
            client.$transaction((tx) => {
              if (frame.failure !== undefined) throw frame.failure;
              if (!frame.begun) throw new Error('Prisma began a transaction without its first statement');
              return work(tx, frame.answers.first as (typeof first)['row'] & {}, closeWith);
            }),
          );
        } catch (error) {
          throw frame.failure ?? error;
        }
      }),
    alone: <Row>(...statements: readonly [...Statement[], Statement<Row>]) =>
      measured(async () => {
        const connection = (await pool.connect().catch(unreachable)) as unknown as FramedClient & { release(): void };
        // One that breaks says so to whoever waits for its answer, and the pool does not take it back.
        connection.on('error', ignore);
        try {
          const results = await connection.transact(statements);
          return results[statements.length - 1]?.rows[0] as Row;
        } finally {
          connection.off('error', ignore);
          connection.release();
        }
      }),
  };

  async function measured<R>(transaction: () => Promise<R>): Promise<R> {
    const began = performance.now();
    const ended = (outcome: 'committed' | 'rolled-back') =>
      meter.record('db_transaction_duration_ms', performance.now() - began, { outcome });
    try {
      const result = await transaction();
      ended('committed');
      return result;
    } catch (error) {
      ended('rolled-back');
      throw databaseFailure(error);
    }
  }
}

const ignore = () => undefined;

/** What the server itself said has a code to judge it by; the rest is the network, in many words. */
function unreachable(error: Error & { readonly severity?: unknown }): never {
  throw error.severity === undefined ? failure('DatabaseError', 'the database cannot be reached') : error;
}
