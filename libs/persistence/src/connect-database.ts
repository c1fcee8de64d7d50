import { harmless, temporalMeter } from '@adx/activity-middleware';
import type { BreakerStore, Meter, RateLimitPlans, RateLimiter, StepLedger } from '@adx/activity-middleware';
import type { FaultInjector } from '@adx/contract-kit';
import { PrismaPg } from '@prisma/adapter-pg';
import { Pool } from 'pg';
import { BoundedClient } from './bounded-client.ts';
import { createBreakerStore } from './breaker-store.ts';
import { databaseFailure } from './database-failure.ts';
import { leasePermits } from './permits.ts';
import { createRateLimiter } from './rate-limiter.ts';
import type { RawTransaction, TransactionalClient } from './raw-transaction.ts';
import { createStepLedger } from './step-ledger.ts';

/** The database of one service. The bare client is not here: there is no way to a table but a tenant transaction. */
export interface Database<Tx> {
  readonly ledger: StepLedger<Tx>;
  /** The limits that all processes of this service share. One per process: it holds what the process leased. */
  limiter(plans: RateLimitPlans): RateLimiter;
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
  /** Gets `db_transaction_duration_ms` of every tenant transaction, by `outcome`; Temporal's by default. */
  readonly meter?: Meter;
}): Database<Tx> {
  const meter = harmless(options.meter ?? temporalMeter);
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
    const began = performance.now();
    const ended = (outcome: 'committed' | 'rolled-back') =>
      meter.record('db_transaction_duration_ms', performance.now() - began, { outcome });
    try {
      const result = await client.$transaction(work);
      ended('committed');
      return result;
    } catch (error) {
      ended('rolled-back');
      throw databaseFailure(error);
    }
  };
  return {
    ledger: createStepLedger({ transaction, ...(options.faults ? { faults: options.faults } : {}) }),
    limiter: (plans) => createRateLimiter({ lease: leasePermits(pool, plans) }),
    breakers: createBreakerStore(pool),
    ready: () => transaction(async (tx) => void (await tx.$queryRaw`select 1`)),
    close: async () => {
      await client.$disconnect();
      await pool.end();
    },
  };
}
