import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'pg';
import { readAuditHeads, writeAuditHeads } from '../src/audit/audit-heads.ts';
import { connectAuditSealer, readAuditKey } from '../src/audit/audit-sealer.ts';
import { sealAudit } from '../src/audit/seal-audit.ts';
import { verifyAudit } from '../src/audit/verify-audit.ts';
import { createTestDatabase } from './database.ts';
import type { TestDatabase } from './database.ts';

const key = randomBytes(32);

let database: TestDatabase;
let sealer: Pool;
let folder: string;
beforeAll(async () => {
  database = await createTestDatabase({ migrated: ['user'] });
  sealer = new Pool({ connectionString: database.sealerUrl('user'), max: 8 });
  folder = await mkdtemp(join(tmpdir(), 'adx-audit-'));
});
afterAll(async () => {
  await sealer.end();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

/** Pending entries of a new tenant. */
async function pending(count: number, tenantId: string = randomUUID()): Promise<string> {
  await database.superuser.query(
    `insert into "user".audit_pending
       (tenant_id, execution_key, operation_id, step, actor, actor_kind, action, outcome, detail)
     select $1, 'e', 'o', 's' || n, 'ada', 'user', 'createUser', 'succeeded', jsonb_build_object('b', n, 'a', 'ä')
     from generate_series(1, $2) n`,
    [tenantId, count],
  );
  return tenantId;
}

/** Seals until nothing is left. */
async function sealAll(pool = sealer): Promise<number> {
  let sealed = 0;
  for (let now = await sealAudit(pool, key); now > 0; now = await sealAudit(pool, key)) sealed += now;
  return sealed;
}

async function chain(count: number): Promise<string> {
  const tenantId = await pending(count);
  await sealAll();
  return tenantId;
}

const verify = (tenantId: string) => verifyAudit({ pool: sealer, key, tenantId });
const tamper = (sql: string, values: unknown[]) => database.superuser.query(sql, values);

describe('the sealer', () => {
  test('numbers and chains what is pending, in its order, and leaves nothing behind', async () => {
    const tenantId = await pending(2_500);
    expect(await sealAll()).toBe(2_500);
    expect(await verify(tenantId)).toEqual({ tenantId, verified: 2_500 });
    const { rows } = await tamper(`select step from "user".audit where tenant_id = $1 order by seq`, [tenantId]);
    expect(rows.map(({ step }: { step: string }) => step)).toEqual(
      Array.from({ length: 2_500 }, (_, n) => `s${n + 1}`),
    );
    const left = await tamper(`select count(*)::int as n from "user".audit_pending`, []);
    expect(left.rows).toEqual([{ n: 0 }]);
  });

  test('goes on with the chain of a tenant, and keeps tenants apart', async () => {
    const [a, b] = [await chain(3), await chain(2)];
    await pending(4, a);
    await sealAll();
    expect(await verify(a)).toEqual({ tenantId: a, verified: 7 });
    expect(await verify(b)).toEqual({ tenantId: b, verified: 2 });
  });

  test('chains every entry once when eight of them work at the same time', async () => {
    const tenants = await Promise.all(Array.from({ length: 5 }, () => pending(700)));
    const pools = Array.from({ length: 8 }, () => new Pool({ connectionString: database.sealerUrl('user'), max: 1 }));
    const sealed = await Promise.all(pools.map((pool) => sealAll(pool)));
    await Promise.all(pools.map((pool) => pool.end()));
    // One that found every head taken may have stopped early; what it left is sealed here.
    expect(sealed.reduce((sum, one) => sum + one, 0) + (await sealAll())).toBe(3_500);
    for (const tenantId of tenants) expect(await verify(tenantId)).toEqual({ tenantId, verified: 700 });
  });

  test('loses nothing that commits late: there is no last id to fall behind', async () => {
    const tenantId = randomUUID();
    const late = await database.superuser.connect();
    await late.query('begin');
    const insert = `insert into "user".audit_pending
      (tenant_id, execution_key, operation_id, step, actor, actor_kind, action, outcome)
      values ($1, 'e', 'o', $2, 'ada', 'user', 'createUser', 'succeeded')`;
    await late.query(insert, [tenantId, 'late']);
    await tamper(insert, [tenantId, 'early']);
    await sealAll();
    expect((await verify(tenantId)).verified).toBe(1);
    await late.query('commit');
    late.release();
    await sealAll();
    expect((await verify(tenantId)).verified).toBe(2);
  });

  test('leaves an entry pending when it dies before it has committed', async () => {
    const tenantId = await pending(3);
    const dying = {
      query: sealer.query.bind(sealer),
      connect: async () => {
        const client = await sealer.connect();
        const query = client.query.bind(client) as (...all: unknown[]) => unknown;
        return Object.assign(Object.create(client) as typeof client, {
          query: (...all: unknown[]) => (all[0] === 'commit' ? Promise.reject(new Error('killed')) : query(...all)),
          release: (error?: Error) => client.release(error),
        });
      },
    };
    await expect(sealAudit(dying as unknown as Pool, key)).rejects.toThrow('killed');
    expect((await verify(tenantId)).verified).toBe(0);
    expect(await sealAll()).toBe(3);
    expect(await verify(tenantId)).toEqual({ tenantId, verified: 3 });
  });

  test('works beside a worker until it is told to stop, and keeps the signed heads', async () => {
    const keyFile = join(folder, 'audit.key');
    await writeFile(keyFile, key.toString('base64'));
    const headFile = join(folder, 'running.json');
    const running = await connectAuditSealer({ url: database.sealerUrl('user'), schema: 'user', keyFile, headFile });
    const stop = new AbortController();
    const ended = running.run(stop.signal);
    const tenantId = await pending(5);
    const end = Date.now() + 20_000;
    while ((await verify(tenantId)).verified < 5 && Date.now() < end) await new Promise((r) => setTimeout(r, 20));
    expect((await verify(tenantId)).verified).toBe(5);
    stop.abort();
    await ended;
    await running.close();
    expect((await readAuditHeads(headFile, key)).schema).toBe('user');
  });

  test('refuses a key that is not 32 bytes', async () => {
    const short = join(folder, 'short.key');
    await writeFile(short, randomBytes(16).toString('base64'));
    await expect(readAuditKey(short)).rejects.toThrow(/16 bytes; it must be 32/);
  });

  test('may append to the chain, and neither change nor remove what is there', async () => {
    await chain(1);
    for (const sql of [
      'update audit set actor = $$eve$$',
      'delete from audit',
      'truncate audit',
      'delete from audit_head',
    ]) {
      await expect(sealer.query(sql)).rejects.toMatchObject({ code: '42501' });
    }
    const app = new Pool({ connectionString: database.appUrl('user'), max: 1 });
    for (const table of ['audit', 'audit_head', 'audit_pending']) {
      await expect(app.query(`delete from ${table}`)).rejects.toMatchObject({ code: '42501' });
    }
    await app.end();
  });
});

test('a chain that grows while it is followed is whole', async () => {
  const tenantId = await chain(3);
  let grown = 0;
  const growing = {
    async query(...question: Parameters<Pool['query']>) {
      const answer = await (sealer.query as (...q: unknown[]) => Promise<unknown>)(...question);
      if (JSON.stringify(question).includes('from audit where')) {
        await pending(2, tenantId);
        grown += await sealAll();
      }
      return answer;
    },
  } as unknown as Pool;
  expect(await verifyAudit({ pool: growing, key, tenantId })).toEqual({ tenantId, verified: 3 });
  expect(grown).toBe(2);
});

describe('verification names the first number', () => {
  const brokenAt = async (tenantId: string) => (await verify(tenantId)).broken?.seq;

  test('that was edited', async () => {
    for (const column of ['actor', 'action', 'outcome', 'step', 'operation_id', 'execution_key', 'actor_kind']) {
      const tenantId = await chain(9);
      const value = column === 'outcome' ? 'denied' : 'eve';
      await tamper(`update "user".audit set ${column} = $2 where tenant_id = $1 and seq = 4`, [tenantId, value]);
      expect([column, await brokenAt(tenantId)]).toEqual([column, 4]);
    }
    const tenantId = await chain(9);
    await tamper(`update "user".audit set at = at + interval '1 microsecond' where tenant_id = $1 and seq = 5`, [
      tenantId,
    ]);
    expect(await brokenAt(tenantId)).toBe(5);
    const another = await chain(9);
    await tamper(`update "user".audit set detail = '{}' where tenant_id = $1 and seq = 6`, [another]);
    expect(await brokenAt(another)).toBe(6);
  });

  test('that was deleted, also when the numbers behind it were closed up', async () => {
    const tenantId = await chain(9);
    await tamper(`delete from "user".audit where tenant_id = $1 and seq = 4`, [tenantId]);
    expect(await brokenAt(tenantId)).toBe(4);
    for (const seq of [5, 6, 7, 8, 9]) {
      await tamper(`update "user".audit set seq = seq - 1 where tenant_id = $1 and seq = $2`, [tenantId, seq]);
    }
    expect(await brokenAt(tenantId)).toBe(4);
  });

  test('that changed places with another', async () => {
    const tenantId = await chain(9);
    const swap = (from: number, to: number) =>
      tamper(`update "user".audit set seq = $3 where tenant_id = $1 and seq = $2`, [tenantId, from, to]);
    await swap(3, 100);
    await swap(7, 3);
    await swap(100, 7);
    expect(await brokenAt(tenantId)).toBe(3);
  });

  test('that was cut off, also when the head in the database was set back', async () => {
    const tenantId = await chain(9);
    const file = join(folder, `${tenantId}.json`);
    await writeAuditHeads({ pool: sealer, schema: 'user', key, file });
    await tamper(`delete from "user".audit where tenant_id = $1 and seq > 6`, [tenantId]);
    expect(await brokenAt(tenantId)).toBe(7);
    await tamper(
      `update "user".audit_head h set seq = 6, mac = a.mac from "user".audit a
       where h.tenant_id = $1 and a.tenant_id = $1 and a.seq = 6`,
      [tenantId],
    );
    expect(await brokenAt(tenantId)).toBeUndefined();
    const head = (await readAuditHeads(file, key)).heads.find((one) => one.tenantId === tenantId)!;
    expect((await verifyAudit({ pool: sealer, key, tenantId, head })).broken).toMatchObject({ seq: 7 });
  });

  test('that was spliced in from another tenant', async () => {
    const [a, b] = [await chain(9), await chain(9)];
    await tamper(`delete from "user".audit where tenant_id = $1 and seq = 4`, [a]);
    await tamper(`update "user".audit set tenant_id = $1 where tenant_id = $2 and seq = 4`, [a, b]);
    expect([await brokenAt(a), await brokenAt(b)]).toEqual([4, 4]);
  });

  test('of a chain that somebody made anew with another key', async () => {
    const tenantId = await chain(9);
    expect((await verifyAudit({ pool: sealer, key: randomBytes(32), tenantId })).broken?.seq).toBe(1);
  });
});

test('a head file that was changed is refused', async () => {
  const tenantId = await chain(3);
  const file = join(folder, 'heads.json');
  await writeAuditHeads({ pool: sealer, schema: 'user', key, file });
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace(tenantId, randomUUID()));
  await expect(readAuditHeads(file, key)).rejects.toThrow(/was changed, or was signed with another key/);
});
