import { Pool } from 'pg';
import { PayloadCodecError } from './codec-error.ts';
import type { WrappedKey } from './key-provider.ts';

/** One row of `keys.tenant_key`. */
export interface StoredKey extends WrappedKey {
  readonly version: number;
  readonly id: string;
}

/** What there is of a tenant's keys, without the keys. */
export interface KeyList {
  /** Oldest first; the last one encrypts. */
  readonly versions: readonly {
    readonly version: number;
    readonly id: string;
    readonly rootKeyId: string;
    readonly createdAt: string;
  }[];
  /** Set when all of them were deleted. */
  readonly destroyed?: { readonly at: string; readonly versions: number };
}

/** The functions of the schema `keys`. All throw PayloadCodecError `KeysUnavailable` when it does not answer. */
export interface KeyStore {
  /** The newest without a version. */
  find(tenantId: string, version?: number): Promise<StoredKey | 'destroyed' | undefined>;
  /** Does nothing when the version is there already, or the keys are gone. */
  add(tenantId: string, key: StoredKey): Promise<void>;
  destroy(tenantId: string): Promise<number>;
  list(tenantId: string): Promise<KeyList>;
  ready(): Promise<void>;
  close(): Promise<void>;
}

interface Row {
  readonly destroyed: boolean;
  readonly version: number;
  readonly key_id: string;
  readonly wrapped: Buffer;
  readonly root_key_id: string;
}

type ListRow =
  | { readonly version: number; readonly key_id: string; readonly root_key_id: string; readonly created_at: Date }
  | { readonly version: null; readonly destroyed_at: Date; readonly versions: number };

/** Keys are remembered for minutes, so that two connections are plenty. */
const POOL_SIZE = 2;
const CONNECT_MS = 2_000;
const QUERY_MS = 5_000;

export function connectKeyStore(url: string): KeyStore {
  const pool = new Pool({
    connectionString: url,
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: QUERY_MS,
  });
  // A connection that breaks while nobody uses it is the pool's own business; without a listener it ends the process.
  pool.on('error', () => undefined);
  const ask = async <R extends object>(sql: string, values: readonly unknown[] = []): Promise<R[]> => {
    try {
      return (await pool.query<R>(sql, [...values])).rows;
    } catch (error) {
      // Not its message: that may quote what was sent. The code (SQLSTATE, or the network's) says what to look at.
      const code = (error as { code?: unknown }).code;
      throw new PayloadCodecError(
        'KeysUnavailable',
        `the database of the keys does not answer (${typeof code === 'string' ? code : 'no code'}); try again`,
      );
    }
  };
  return {
    async find(tenantId, version) {
      const [row] = await ask<Row>('select * from find_key($1, $2)', [tenantId, version ?? null]);
      if (!row) return undefined;
      if (row.destroyed) return 'destroyed';
      return { version: row.version, id: row.key_id, wrapped: row.wrapped, rootKeyId: row.root_key_id };
    },
    async add(tenantId, { version, id, wrapped, rootKeyId }) {
      await ask('select add_key($1, $2, $3, $4, $5)', [tenantId, version, id, wrapped, rootKeyId]);
    },
    async destroy(tenantId) {
      const [row] = await ask<{ versions: number }>('select destroy_keys($1) as versions', [tenantId]);
      return row!.versions;
    },
    async list(tenantId) {
      const rows = await ask<ListRow>('select * from list_keys($1)', [tenantId]);
      const versions = rows.flatMap((row) =>
        row.version === null
          ? []
          : [
              {
                version: row.version,
                id: row.key_id,
                rootKeyId: row.root_key_id,
                createdAt: row.created_at.toISOString(),
              },
            ],
      );
      const gone = rows.find((row) => row.version === null);
      return {
        versions,
        ...(gone ? { destroyed: { at: gone.destroyed_at.toISOString(), versions: gone.versions } } : {}),
      };
    },
    ready: async () => void (await ask('select 1')),
    close: () => pool.end(),
  };
}
