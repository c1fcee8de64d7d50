import { createSecretKey } from 'node:crypto';
import type { Pool } from 'pg';
import { ENTRY_COLUMNS, GENESIS, chainMac } from './audit-chain.ts';
import type { AuditEntry } from './audit-chain.ts';
import type { AuditHead } from './audit-heads.ts';

/** Entries that are read at once: memory stays flat, however long a chain is. */
const PAGE = 5_000;

/** What a verification found. */
export interface AuditVerification {
  readonly tenantId: string;
  /** Entries whose MAC is right, from the first on. */
  readonly verified: number;
  /** The first number that is not as it was sealed. */
  readonly broken?: { readonly seq: number; readonly why: string };
}

/**
 * Follows the chain of one tenant and names the first number that was edited, removed, moved or inserted.
 *
 * @param options.pool may read `audit` and `audit_head` of all tenants (the sealer role)
 * @param options.head what a signed head file says: it also shows a chain that was cut off together with its head
 */
export async function verifyAudit(options: {
  readonly pool: Pool;
  readonly key: Buffer;
  readonly tenantId: string;
  readonly head?: AuditHead;
}): Promise<AuditVerification> {
  const { pool, tenantId, head } = options;
  const key = createSecretKey(options.key);
  const sealed = async () => {
    const { rows } = await pool.query<{ seq: string; mac: Buffer }>(
      'select seq, mac from audit_head where tenant_id = $1',
      [tenantId],
    );
    return rows[0] && { seq: Number(rows[0].seq), mac: rows[0].mac };
  };
  const before = await sealed();
  let seq = 0;
  let mac: Buffer = GENESIS;
  const broken = (number: number, why: string) => ({ tenantId, verified: seq, broken: { seq: number, why } });
  for await (const rows of pagesOf(pool, tenantId)) {
    for (const [text, stored, ...entry] of rows) {
      const expected = seq + 1;
      if (Number(text) !== expected) return broken(expected, 'is missing');
      const actual = chainMac(key, mac, tenantId, expected, entry);
      if (!actual.equals(stored)) return broken(expected, 'is not what was sealed');
      if (head?.seq === expected && head.mac !== stored.toString('hex')) {
        return broken(expected, 'is another one than the signed head file knows');
      }
      seq = expected;
      mac = actual;
    }
  }
  const last = Math.max(before?.seq ?? 0, head?.seq ?? 0);
  if (last > seq) return broken(seq + 1, `is missing: the chain was cut off, it had ${last} entries`);
  // It may have grown meanwhile, and its head with it; but a head is never behind its chain.
  const after = await sealed();
  if (after && (after.seq < seq || (after.seq === seq && !after.mac.equals(mac)))) {
    return broken(seq, 'is not the last one that was sealed');
  }
  return { tenantId, verified: seq };
}

/** An array: it costs the driver less than an object of eleven columns. */
type Row = [seq: string, mac: Buffer, ...AuditEntry];

/** The next page is on its way while one is looked at: the database and this process work at the same time. */
async function* pagesOf(pool: Pool, tenantId: string): AsyncGenerator<readonly Row[]> {
  const after = async (seq: string) => {
    const { rows } = await pool.query<Row>({
      text: `select seq, mac, ${ENTRY_COLUMNS} from audit where tenant_id = $1 and seq > $2 order by seq limit $3`,
      values: [tenantId, seq, PAGE],
      rowMode: 'array',
    });
    return rows;
  };
  let page = await after('0');
  while (page.length > 0) {
    const next = page.length < PAGE ? Promise.resolve([]) : after(page.at(-1)![0]);
    // Nobody waits for it when the chain is broken.
    next.catch(() => undefined);
    yield page;
    page = await next;
  }
}
