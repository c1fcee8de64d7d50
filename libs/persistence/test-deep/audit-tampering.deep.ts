import { randomBytes, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { Pool } from 'pg';
import type { PoolClient } from 'pg';
import { sealAudit } from '../src/audit/seal-audit.ts';
import { verifyAudit } from '../src/audit/verify-audit.ts';
import { createTestDatabase } from '../test/database.ts';
import type { TestDatabase } from '../test/database.ts';

const key = randomBytes(32);
const LENGTH = 3_000;
const EDITS = 400;

let database: TestDatabase;
const [tenant, other] = [randomUUID(), randomUUID()];
beforeAll(async () => {
  database = await createTestDatabase({ migrated: ['user'] });
  for (const tenantId of [tenant, other]) {
    await database.superuser.query(
      `insert into "user".audit_pending
         (tenant_id, execution_key, operation_id, step, actor, actor_kind, action, outcome, detail)
       select $1, 'e' || n, 'o' || n, 's' || n, 'ada', 'user', 'createUser', 'succeeded', jsonb_build_object('n', n)
       from generate_series(1, $2) n`,
      [tenantId, LENGTH],
    );
  }
  const sealer = new Pool({ connectionString: database.sealerUrl('user'), max: 1 });
  while ((await sealAudit(sealer, key)) > 0);
  await sealer.end();
}, 120_000);
afterAll(() => database.drop());

/** What somebody with all rights on the database does to a chain. */
type Tampering =
  | { readonly kind: 'edit'; readonly seq: number; readonly column: string; readonly value: string }
  | { readonly kind: 'detail'; readonly seq: number; readonly value: string }
  | { readonly kind: 'time'; readonly seq: number; readonly microseconds: number }
  | { readonly kind: 'mac'; readonly seq: number; readonly bit: number }
  | { readonly kind: 'delete'; readonly seq: number; readonly count: number; readonly closesUp: boolean }
  | { readonly kind: 'reorder'; readonly seq: number; readonly by: number }
  | { readonly kind: 'truncate'; readonly seq: number }
  | { readonly kind: 'splice'; readonly seq: number; readonly from: number };

const COLUMNS = ['execution_key', 'operation_id', 'step', 'actor', 'actor_kind', 'action', 'outcome'];
const seq = fc.integer({ min: 1, max: LENGTH });
const tampering: fc.Arbitrary<Tampering> = fc.oneof(
  fc.record({
    kind: fc.constant('edit' as const),
    seq,
    column: fc.constantFrom(...COLUMNS),
    // Postgres takes no NUL in a text.
    value: fc.string({ minLength: 1, maxLength: 20 }).map((text) => `x${text.replaceAll('\0', '')}`),
  }),
  fc.record({ kind: fc.constant('detail' as const), seq, value: fc.json({ maxDepth: 1 }).filter(isStorable) }),
  fc.record({ kind: fc.constant('time' as const), seq, microseconds: fc.integer({ min: 1, max: 1_000_000_000 }) }),
  fc.record({ kind: fc.constant('mac' as const), seq, bit: fc.integer({ min: 0, max: 255 }) }),
  fc.record({
    kind: fc.constant('delete' as const),
    seq,
    count: fc.integer({ min: 1, max: 50 }),
    closesUp: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('reorder' as const),
    seq: fc.integer({ min: 1, max: LENGTH - 1 }),
    by: fc.integer({ min: 1, max: LENGTH }),
  }),
  fc.record({ kind: fc.constant('truncate' as const), seq }),
  fc.record({ kind: fc.constant('splice' as const), seq, from: seq }),
);

function isStorable(text: string): boolean {
  return !text.includes('\\u0000') && !/\\ud[89a-f]/i.test(text);
}

/** @returns the first number that is not as it was sealed any more */
async function tamper(client: PoolClient, one: Tampering): Promise<number> {
  const run = async (sql: string, ...values: unknown[]) => {
    // A tampering that changed nothing proves nothing.
    expect((await client.query(sql, [tenant, ...values])).rowCount).toBeGreaterThan(0);
  };
  const at = 'where tenant_id = $1 and seq = $2';
  switch (one.kind) {
    case 'edit': {
      const value = one.column === 'outcome' ? 'denied' : one.value;
      await run(`update audit set ${one.column} = $3 ${at}`, one.seq, value);
      return one.seq;
    }
    case 'detail':
      await run(`update audit set detail = $3::jsonb ${at}`, one.seq, one.value);
      return one.seq;
    case 'time':
      await run(`update audit set at = at + $3 * interval '1 microsecond' ${at}`, one.seq, one.microseconds);
      return one.seq;
    case 'mac':
      await run(`update audit set mac = set_bit(mac, $3, 1 - get_bit(mac, $3)) ${at}`, one.seq, one.bit);
      return one.seq;
    case 'delete':
      await run('delete from audit where tenant_id = $1 and seq >= $2 and seq < $3', one.seq, one.seq + one.count);
      if (one.closesUp && one.seq + one.count <= LENGTH) {
        // By way of numbers below zero: the primary key looks at every row as it is written.
        await run('update audit set seq = $3 - seq where tenant_id = $1 and seq > $2', one.seq, one.count);
        await run('update audit set seq = -seq where tenant_id = $1 and seq < 0 and $2::int > 0', 1);
      }
      return one.seq;
    case 'reorder': {
      const to = one.seq + 1 + (one.by % (LENGTH - one.seq));
      await run('update audit set seq = 0 where tenant_id = $1 and seq = $2', one.seq);
      await run(`update audit set seq = $3 ${at}`, to, one.seq);
      await run(`update audit set seq = $3 ${at}`, 0, to);
      return one.seq;
    }
    case 'truncate':
      await run('delete from audit where tenant_id = $1 and seq >= $2', one.seq);
      return one.seq;
    case 'splice':
      await run(`delete from audit ${at}`, one.seq);
      await run(
        'update audit set tenant_id = $1, seq = $3 where tenant_id = $4 and seq = $2',
        one.from,
        one.seq,
        other,
      );
      return one.seq;
  }
}

test(`${EDITS} tamperings with a chain of ${LENGTH} entries are each found, with the exact number`, async () => {
  const kinds = new Map<string, number>();
  const client = await database.superuser.connect();
  try {
    await client.query('set search_path = "user"');
    // The same eyes as the tampering's: each is rolled back, so that the next one meets the whole chain.
    const verify = () => verifyAudit({ pool: client as unknown as Pool, key, tenantId: tenant });
    expect(await verify()).toEqual({ tenantId: tenant, verified: LENGTH });
    await fc.assert(
      fc.asyncProperty(tampering, async (one) => {
        await client.query('begin');
        const first = await tamper(client, one).finally(() => undefined);
        const { broken, verified } = await verify();
        await client.query('rollback');
        expect([one, broken?.seq, verified]).toEqual([one, first, first - 1]);
        kinds.set(one.kind, (kinds.get(one.kind) ?? 0) + 1);
      }),
      { numRuns: EDITS, endOnFailure: true },
    );
    expect(await verify()).toEqual({ tenantId: tenant, verified: LENGTH });
  } finally {
    client.release(true);
  }
  expect([...kinds.keys()].sort()).toEqual([
    'delete',
    'detail',
    'edit',
    'mac',
    'reorder',
    'splice',
    'time',
    'truncate',
  ]);
}, 600_000);
