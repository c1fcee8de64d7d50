import { harmless, temporalMeter } from '@adx/activity-middleware';
import type { BreakerStore, Inbox, Meter, RateLimitPlans, RateLimiter, StepLedger } from '@adx/activity-middleware';
import type { FaultInjector } from '@adx/contract-kit';
import { PrismaPg } from '@prisma/adapter-pg';
import { Pool } from 'pg';
import { createBreakerStore } from './breaker-store.ts';
import { FramedClient } from './framed-client.ts';
import { createInbox } from './inbox.ts';
import { WAKE_RELAYS, createOutboxWake } from './outbox/outbox-wake.ts';
import { leasePermits } from './permits.ts';
import { createRateLimiter } from './rate-limiter.ts';
import type { RawTransaction, TransactionalClient } from './raw-transaction.ts';
import type { Statement } from './statement.ts';
import { createStepLedger } from './step-ledger.ts';
import { createTransactions } from './tenant-transaction.ts';

/** The database of one service. The bare client is not here: there is no way to a table but a tenant transaction. */
export interface Database<Tx> {
  readonly ledger: StepLedger<Tx>;
  /** What other services tell this one. */
  readonly inbox: Inbox<Tx>;
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
const CONNECT_TIMEOUT_MS = 2_000;
/** Prisma counts the first statement, which travels with BEGIN, as waiting; it has its own bound. */
const MAX_WAIT_MS = CONNECT_TIMEOUT_MS + QUERY_TIMEOUT_MS;
const POOL_SIZE = 16;

const ANYTHING: Statement = { name: 'adx_ready', text: 'select 1', values: [] };

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
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    Client: FramedClient,
  });
  // A connection that breaks while nobody uses it is the pool's own business; without a listener it ends the process.
  pool.on('error', () => undefined);
  const client = options.createClient({
    adapter: new PrismaPg(pool, { schema: options.schema, onConnectionError: () => undefined }),
    transactionOptions: { maxWait: MAX_WAIT_MS, timeout: TRANSACTION_TIMEOUT_MS },
  });
  const transactions = createTransactions({ client, pool, meter });
  return {
    ledger: createStepLedger({
      transactions,
      wakeRelay: createOutboxWake(() => pool.query(WAKE_RELAYS)),
      ...(options.faults ? { faults: options.faults } : {}),
    }),
    inbox: createInbox(transactions),
    limiter: (plans) => createRateLimiter({ lease: leasePermits(pool, plans) }),
    breakers: createBreakerStore(pool),
    ready: async () => void (await transactions.alone(ANYTHING)),
    close: async () => {
      await client.$disconnect();
      await pool.end();
    },
  };
}
