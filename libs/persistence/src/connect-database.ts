import type { BreakerStore, StepLedger } from '@adx/activity-middleware';
import type { FaultInjector } from '@adx/contract-kit';
import { PrismaPg } from '@prisma/adapter-pg';
import { Pool } from 'pg';
import { BoundedClient } from './bounded-client.ts';
import { createBreakerStore } from './breaker-store.ts';
import { databaseFailure } from './database-failure.ts';
import type { RawTransaction, TransactionalClient } from './raw-transaction.ts';
import { createStepLedger } from './step-ledger.ts';

/** The database of one service. The bare client is not here: there is no way to a table but a tenant transaction. */
export interface Database<Tx> {
  readonly ledger: StepLedger<Tx>;
  /** Of the external services that this service calls. */
  readonly breakers: BreakerStore;
  /** @throws DatabaseError when the database does not answer */
  ready(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Milliseconds that work together: lock (2 s) < statement (5 s), both settings of the role, < query < transaction,
 * so that the most precise of them speaks first.
 */
const QUERY_TIMEOUT_MS = 7_000;
const TRANSACTION_TIMEOUT_MS = 8_000;
const MAX_WAIT_MS = 2_000;
const POOL_SIZE = 16;

/** What a generated Prisma client is made with. */
export interface PrismaOptions {
  readonly adapter: PrismaPg;
  readonly transactionOptions: { readonly maxWait: number; readonly timeout: number };
}

/**
 * Connects one service to its schema as its app role. Connects lazily: a database that is down fails the first use.
 *
 * @param options.faults for tests and fault demonstrations only
 */
export function connectDatabase<Tx extends RawTransaction>(options: {
  readonly url: string;
  readonly schema: string;
  readonly createClient: (prisma: PrismaOptions) => TransactionalClient<Tx>;
  readonly faults?: FaultInjector;
}): Database<Tx> {
  const pool = new Pool({
    connectionString: options.url,
    max: POOL_SIZE,
    query_timeout: QUERY_TIMEOUT_MS,
    connectionTimeoutMillis: MAX_WAIT_MS,
    Client: BoundedClient,
  });
  // A connection that breaks while nobody uses it is the pool's own business; without a listener it ends the process.
  pool.on('error', () => undefined);
  const client = options.createClient({
    adapter: new PrismaPg(pool, { schema: options.schema, onConnectionError: () => undefined }),
    transactionOptions: { maxWait: MAX_WAIT_MS, timeout: TRANSACTION_TIMEOUT_MS },
  });
  const transaction = async <R>(work: (tx: Tx) => Promise<R>): Promise<R> => {
    try {
      return await client.$transaction(work);
    } catch (error) {
      throw databaseFailure(error);
    }
  };
  return {
    ledger: createStepLedger({ transaction, ...(options.faults ? { faults: options.faults } : {}) }),
    breakers: createBreakerStore(pool),
    ready: () => transaction(async (tx) => void (await tx.$queryRaw`select 1`)),
    close: async () => {
      await client.$disconnect();
      await pool.end();
    },
  };
}
