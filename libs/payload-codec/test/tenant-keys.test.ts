import { randomUUID } from 'node:crypto';
import { Pool } from 'pg';
import { createLocalKeyProvider, createTenantKeys } from '../src/index.ts';
import { createKeysDatabase, rootKey } from './keys-database.ts';
import type { KeysDatabase } from './keys-database.ts';

let database: KeysDatabase;
beforeAll(async () => {
  database = await createKeysDatabase();
});
afterAll(() => database.drop());

const bytes = ({ key }: { key: { export(): Buffer } }) => key.export().toString('hex');

describe('the key of a tenant', () => {
  test('is made at the first use, is its own, and is what every process gets', async () => {
    const [one, other] = [randomUUID(), randomUUID()];
    const key = await database.connect().current(one);
    expect(key).toMatchObject({ tenantId: one, version: 1 });
    const again = await database.connect().current(one);
    expect([again.id, bytes(again)]).toEqual([key.id, bytes(key)]);
    expect(bytes(await database.connect().current(other))).not.toBe(bytes(key));
  });

  test('is one, however many processes use it first at the same time', async () => {
    const tenant = randomUUID();
    const found = await Promise.all(Array.from({ length: 16 }, () => database.connect().current(tenant)));
    expect(new Set(found.map(bytes)).size).toBe(1);
    const { rows } = await database.superuser.query('select version from keys.tenant_key where tenant_id = $1', [
      tenant,
    ]);
    expect(rows).toEqual([{ version: 1 }]);
  });

  test('is stored wrapped only, and opens with its root key, in its own row', async () => {
    const [tenant, other] = [randomUUID(), randomUUID()];
    const key = await database.connect().current(tenant);
    await database.connect().current(other);
    const { rows } = await database.superuser.query<{ wrapped: Buffer }>(
      'select wrapped from keys.tenant_key where tenant_id = $1',
      [tenant],
    );
    expect(rows[0]!.wrapped.toString('hex')).not.toContain(bytes(key));
    const stranger = database.connect({ keyProvider: createLocalKeyProvider([rootKey('first')]) });
    await expect(stranger.current(tenant)).rejects.toMatchObject({ fault: 'WrappingBroken' });
    const without = database.connect({ keyProvider: createLocalKeyProvider([rootKey('second')]) });
    await expect(without.current(tenant)).rejects.toMatchObject({ fault: 'RootKeyUnknown' });
    await database.superuser.query(
      'update keys.tenant_key set wrapped = (select wrapped from keys.tenant_key where tenant_id = $1) where tenant_id = $2',
      [tenant, other],
    );
    await expect(database.connect().current(other)).rejects.toMatchObject({ fault: 'WrappingBroken' });
  });

  test('stays readable under an old root key, while a new one wraps', async () => {
    const [oldRoot, newRoot] = [rootKey('old'), rootKey('new')];
    const tenant = randomUUID();
    const before = await database.connect({ keyProvider: createLocalKeyProvider([oldRoot]) }).current(tenant);
    const keys = database.connect({ keyProvider: createLocalKeyProvider([newRoot, oldRoot]) });
    expect(bytes(await keys.current(tenant))).toBe(bytes(before));
    await keys.rotate(tenant);
    const { rows } = await database.superuser.query(
      'select root_key_id from keys.tenant_key where tenant_id = $1 order by version',
      [tenant],
    );
    expect(rows).toEqual([{ root_key_id: 'old' }, { root_key_id: 'new' }]);
  });

  test('can be rotated: a new version encrypts, the old one reads on, others follow when their memory ends', async () => {
    const tenant = randomUUID();
    let clock = 0;
    const elsewhere = database.connect({ rememberedMs: 1_000, now: () => clock });
    const first = await elsewhere.current(tenant);
    const keys = database.connect();
    expect(await keys.rotate(tenant)).toMatchObject({ version: 2 });
    expect(bytes(await keys.version(tenant, 1))).toBe(bytes(first));
    clock = 999;
    expect((await elsewhere.current(tenant)).version).toBe(1);
    clock = 1_001;
    expect((await elsewhere.current(tenant)).version).toBe(2);
  });

  test('is unknown in a version that never was', async () => {
    const tenant = randomUUID();
    await database.connect().current(tenant);
    await expect(database.connect().version(tenant, 2)).rejects.toMatchObject({ fault: 'KeyUnknown' });
    await expect(database.connect().version(randomUUID(), 1)).rejects.toMatchObject({ fault: 'KeyUnknown' });
  });
});

test('what a tenant has is listed without its keys: versions, or when they were destroyed, or nothing', async () => {
  const [tenant, other] = [randomUUID(), randomUUID()];
  const keys = database.connect();
  const first = await keys.current(tenant);
  await keys.current(other);
  const second = await keys.rotate(tenant);
  const { versions, destroyed } = await keys.list(tenant);
  expect(versions.map(({ version, id, rootKeyId }) => ({ version, id, rootKeyId }))).toEqual([
    { version: 1, id: first.id, rootKeyId: 'first' },
    { version: 2, id: second.id, rootKeyId: 'first' },
  ]);
  expect(destroyed).toBeUndefined();
  expect(JSON.stringify(versions)).not.toMatch(/wrapped/);
  await keys.destroy(tenant);
  expect(await keys.list(tenant)).toEqual({ versions: [], destroyed: { at: expect.any(String), versions: 2 } });
  expect((await keys.list(other)).versions).toHaveLength(1);
  expect(await keys.list(randomUUID())).toEqual({ versions: [] });
});

describe('a tenant whose keys were destroyed', () => {
  test('has none left in any version, gets no new one, and its memory elsewhere ends', async () => {
    const tenant = randomUUID();
    let clock = 0;
    const elsewhere = database.connect({ rememberedMs: 1_000, now: () => clock });
    const keys = database.connect();
    await elsewhere.version(tenant, 1).catch(() => undefined);
    await keys.rotate(tenant);
    await elsewhere.version(tenant, 1);
    expect(await keys.destroy(tenant)).toBe(2);
    for (const ask of [() => keys.current(tenant), () => keys.version(tenant, 1), () => keys.version(tenant, 2)]) {
      await expect(ask()).rejects.toMatchObject({ fault: 'KeyDestroyed' });
    }
    await expect(keys.rotate(tenant)).rejects.toMatchObject({ fault: 'KeyDestroyed' });
    await expect(elsewhere.version(tenant, 1)).resolves.toBeDefined();
    clock = 1_001;
    await expect(elsewhere.version(tenant, 1)).rejects.toMatchObject({ fault: 'KeyDestroyed' });
    const { rows } = await database.superuser.query('select 1 from keys.tenant_key where tenant_id = $1', [tenant]);
    expect(rows).toEqual([]);
  });

  test('may be destroyed again, and before it ever had a key', async () => {
    const tenant = randomUUID();
    const keys = database.connect();
    expect(await keys.destroy(tenant)).toBe(0);
    expect(await keys.destroy(tenant)).toBe(0);
    await expect(keys.current(tenant)).rejects.toMatchObject({ fault: 'KeyDestroyed' });
  });

  test('stays without a key, whichever of a first use and a destruction comes first', async () => {
    for (let round = 0; round < 20; round++) {
      const tenant = randomUUID();
      const users = [database.connect(), database.connect()];
      await Promise.allSettled([...users.map((keys) => keys.current(tenant)), users[0]!.destroy(tenant)]);
      const { rows } = await database.superuser.query('select 1 from keys.tenant_key where tenant_id = $1', [tenant]);
      expect(rows).toEqual([]);
    }
  });
});

test('the app role reaches keys by one tenant at a time, and no table', async () => {
  const app = new Pool({ connectionString: database.url, max: 1 });
  try {
    for (const sql of [
      'select * from keys.tenant_key',
      'delete from keys.tenant_key',
      'truncate keys.tenant_key',
      'delete from keys.destroyed_tenant',
      'create table keys.mine (a int)',
    ]) {
      await expect(app.query(sql)).rejects.toMatchObject({ code: '42501' });
    }
  } finally {
    await app.end();
  }
});

test('a database that is down is told from a key that is gone, without what was asked', async () => {
  const url = new URL(database.url);
  url.port = '1';
  const keys = createTenantKeys({ url: url.href, keyProvider: createLocalKeyProvider([rootKey('first')]) });
  await expect(keys.current(randomUUID())).rejects.toMatchObject({ fault: 'KeysUnavailable' });
  await expect(keys.ready()).rejects.toThrow(/ECONNREFUSED/);
  await keys.close();
});
