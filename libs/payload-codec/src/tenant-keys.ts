import { createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { PayloadCodecError } from './codec-error.ts';
import { createKeyCache } from './key-cache.ts';
import { connectKeyStore } from './key-store.ts';
import type { KeyList, KeyStore, StoredKey } from './key-store.ts';
import { KEY_BYTES } from './key-provider.ts';
import type { KeyProvider } from './key-provider.ts';

/** One version of a tenant's key, ready for use. */
export interface DataKey {
  readonly tenantId: string;
  readonly version: number;
  readonly id: string;
  readonly key: KeyObject;
}

/** The data keys of all tenants. All methods throw PayloadCodecError `KeysUnavailable` when the database does not answer. */
export interface TenantKeys {
  /** What new payloads are encrypted with; version 1 is made at the first use. @throws PayloadCodecError `KeyDestroyed` */
  current(tenantId: string): Promise<DataKey>;
  /** @throws PayloadCodecError `KeyUnknown` or `KeyDestroyed` */
  version(tenantId: string, version: number): Promise<DataKey>;
  /** Makes a new current version; the old ones stay readable. Other processes follow when their memory of it ends. */
  rotate(tenantId: string): Promise<DataKey>;
  /**
   * Deletes all versions, for ever: nothing that was encrypted for the tenant can be read again. Other processes read
   * on until their memory ends. @returns how many versions there were
   */
  destroy(tenantId: string): Promise<number>;
  /** What there is, without the keys; empty for a tenant that never had any. */
  list(tenantId: string): Promise<KeyList>;
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** How long a destroyed or replaced key lives on in other processes, against a query per payload. */
const REMEMBERED_MS = 5 * 60_000;
/** About 300 bytes each. */
const REMEMBERED_TENANTS = 10_000;

/**
 * Connects lazily: a database that is down fails the first use.
 *
 * @param options.url connects as the app role of the schema `keys`
 */
export function createTenantKeys(options: {
  readonly url: string;
  readonly keyProvider: KeyProvider;
  readonly rememberedMs?: number;
  readonly now?: () => number;
}): TenantKeys {
  const { keyProvider, rememberedMs = REMEMBERED_MS, now } = options;
  const store = connectKeyStore(options.url);
  const cache = createKeyCache<DataKey>({ ttlMs: rememberedMs, tenants: REMEMBERED_TENANTS, ...(now ? { now } : {}) });

  const open = async (tenantId: string, stored: StoredKey): Promise<DataKey> => {
    const { version, id } = stored;
    const bytes = await keyProvider.unwrap(stored, contextOf(tenantId, version, id));
    return { tenantId, version, id, key: createSecretKey(bytes) };
  };
  const add = async (tenantId: string, version: number): Promise<void> => {
    const id = randomUUID();
    const key = randomBytes(KEY_BYTES);
    const wrapped = await keyProvider.wrap(key, contextOf(tenantId, version, id));
    await store.add(tenantId, { version, id, ...wrapped });
  };
  const newest = async (tenantId: string): Promise<StoredKey> => {
    const found = await find(store, tenantId);
    if (found) return found;
    // Several may do this at once: one of them adds it, and all take what is there then.
    await add(tenantId, 1);
    return (await find(store, tenantId)) ?? unknown(tenantId, 1);
  };
  return {
    current: (tenantId) => cache.get(tenantId, 'current', async () => open(tenantId, await newest(tenantId))),
    version: (tenantId, version) =>
      cache.get(tenantId, String(version), async () =>
        open(tenantId, (await find(store, tenantId, version)) ?? unknown(tenantId, version)),
      ),
    async rotate(tenantId) {
      const { version } = await newest(tenantId);
      await add(tenantId, version + 1);
      cache.forget(tenantId);
      return this.current(tenantId);
    },
    async destroy(tenantId) {
      const versions = await store.destroy(tenantId);
      cache.forget(tenantId);
      return versions;
    },
    list: (tenantId) => store.list(tenantId),
    ready: () => store.ready(),
    close: () => store.close(),
  };
}

async function find(store: KeyStore, tenantId: string, version?: number): Promise<StoredKey | undefined> {
  const found = await store.find(tenantId, version);
  if (found !== 'destroyed') return found;
  throw new PayloadCodecError('KeyDestroyed', `the keys of tenant ${tenantId} were destroyed; this is for ever`);
}

function unknown(tenantId: string, version: number): never {
  throw new PayloadCodecError('KeyUnknown', `tenant ${tenantId} has no key of version ${version}`);
}

/** A wrapped key that is copied to another row does not open. */
function contextOf(tenantId: string, version: number, id: string): string {
  return `key ${id}, version ${version} of tenant ${tenantId}`;
}
