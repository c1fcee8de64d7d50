import { randomUUID } from 'node:crypto';
import type { StepLedger } from '@adx/activity-middleware';
import { formatOperationId } from '@adx/contract-kit';
import { connectDatabase } from '@adx/persistence';
import type { TestDatabase, TestKeys } from '@adx/testing';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
// eslint-disable-next-line @nx/enforce-module-boundaries -- a benchmark: the real generated client, and only services have one
import { PrismaClient } from '../../../user-worker/generated/prisma/client.ts';
import { bindBench, insertUser } from './bench-service.ts';
import type { BenchTx } from './bench-service.ts';

/** One way to insert a user. */
export interface Side {
  insert(): Promise<unknown>;
  close(): Promise<void>;
}

/** What is compared: the same insert by an activity and by a bare transaction. */
export interface Sides {
  /** The whole chain, on a member's account. @param options.ledger instead of that of the database */
  full(options?: { readonly port?: number; readonly ledger?: StepLedger<BenchTx> }): Side;
  /** BEGIN, the insert, COMMIT with Prisma. */
  bare(port?: number): Side;
  /** What an activity is called with, made anew. */
  call(): readonly [input: { readonly email: string }, call: object];
}

/** Nobody is refused; blocks are the largest that there are, as they are within the default limits. */
const LIMIT = { limit: 1_000_000_000, windowMs: 60_000 };

/** @param options.adminUrl the superuser's, past row security: a bare transaction sets no tenant */
export async function createSides({
  database,
  keys,
  adminUrl,
}: {
  readonly database: TestDatabase;
  readonly keys: TestKeys;
  readonly adminUrl: string;
}): Promise<Sides> {
  const tenantId = randomUUID();
  const sub = randomUUID();
  await database.superuser.query(`insert into "user".access_tenant (tenant_id, status) values ($1, 'active')`, [
    tenantId,
  ]);
  await database.superuser.query(
    `insert into "user".access_member (tenant_id, subject, roles) values ($1, $2, '{owner}')`,
    [tenantId, sub],
  );
  const principal = await keys.signer.sign({ sub, kind: 'user', tenantId, roles: [] });
  const email = () => `${randomUUID()}@bench.example`;
  const through = (port?: number) => {
    const url = new URL(database.url('user'));
    if (port !== undefined) url.port = String(port);
    return url;
  };
  const call = () => {
    const operationId = formatOperationId({ tenantId, workflowType: 'bench', key: randomUUID() });
    return [
      { email: email() },
      { operationId, principal, executionKey: `${operationId}/run`, step: 'insertUser' },
    ] as const;
  };
  return {
    call,
    full({ port, ledger } = {}) {
      const connected = connectDatabase<BenchTx>({
        url: through(port).href,
        schema: 'user',
        createClient: (options) => new PrismaClient(options),
      });
      const limiter = connected.limiter({ default: { tenant: LIMIT, user: LIMIT, activity: LIMIT } });
      const activities = bindBench({ ledger: ledger ?? connected.ledger, limiter, verifier: keys.verifier });
      return { insert: () => activities['insertUser']!(...call()), close: () => connected.close() };
    },
    bare(port) {
      const { username, password } = new URL(adminUrl);
      const url = Object.assign(through(port), { username, password });
      const pool = new pg.Pool({ connectionString: url.href, max: 16 });
      const client = new PrismaClient({ adapter: new PrismaPg(pool, { schema: 'user' }) });
      return {
        insert: () => client.$transaction((tx) => insertUser(tx, tenantId, email())),
        close: async () => {
          await client.$disconnect();
          await pool.end();
        },
      };
    },
  };
}
