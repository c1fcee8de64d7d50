import { createSecretKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import { ENTRY_COLUMNS, GENESIS, chainMac } from './audit-chain.ts';
import type { AuditEntry } from './audit-chain.ts';

/** Entries of one tenant that are chained in one transaction. */
const BATCH = 1_000;
/** Tenants that are looked for at once. */
const TENANTS = 100;

/**
 * Chains what is pending, once over all tenants. Several sealers at once are safe: the head of a tenant is held by one
 * of them. Nothing is skipped: an entry leaves `audit_pending` in the transaction that chains it, and there is no
 * "last id" that one which commits late could fall behind.
 *
 * @param pool connects as the sealer role
 * @returns how many entries were chained
 */
export async function sealAudit(pool: Pool, key: Buffer): Promise<number> {
  const { rows } = await pool.query<{ tenant_id: string }>('select distinct tenant_id from audit_pending limit $1', [
    TENANTS,
  ]);
  let sealed = 0;
  const secret = createSecretKey(key);
  for (const { tenant_id } of rows) sealed += await sealTenant(pool, secret, tenant_id);
  return sealed;
}

async function sealTenant(pool: Pool, key: KeyObject, tenantId: string): Promise<number> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const sealed = await sealBatch(client, key, tenantId);
    await client.query('commit');
    return sealed;
  } catch (error) {
    broken = error as Error;
    throw error;
  } finally {
    // One that failed may be in the middle of a transaction: it is not used again.
    client.release(broken);
  }
}

async function sealBatch(client: PoolClient, key: KeyObject, tenantId: string): Promise<number> {
  await client.query('insert into audit_head (tenant_id, seq, mac) values ($1, 0, $2) on conflict do nothing', [
    tenantId,
    GENESIS,
  ]);
  const head = await client.query<{ seq: string; mac: Buffer }>(
    'select seq, mac from audit_head where tenant_id = $1 for update skip locked',
    [tenantId],
  );
  // Another sealer is at it.
  if (!head.rows[0]) return 0;
  let seq = Number(head.rows[0].seq);
  let { mac } = head.rows[0];
  const { rows } = await client.query<[id: string, ...AuditEntry]>({
    text: `select id, ${ENTRY_COLUMNS} from audit_pending where tenant_id = $1 order by id limit $2`,
    values: [tenantId, BATCH],
    rowMode: 'array',
  });
  if (rows.length === 0) return 0;
  const chained = rows.map(([id, ...entry]) => {
    seq += 1;
    mac = chainMac(key, mac, tenantId, seq, entry);
    return { id, seq, mac };
  });
  await client.query(
    `with sealed as (
       delete from audit_pending p using unnest($2::bigint[], $3::bigint[], $4::bytea[]) as n(id, seq, mac)
       where p.tenant_id = $1 and p.id = n.id returning p.*, n.seq, n.mac
     )
     insert into audit
       (tenant_id, seq, at, execution_key, operation_id, step, actor, actor_kind, action, outcome, detail, mac)
     select tenant_id, seq, at, execution_key, operation_id, step, actor, actor_kind, action, outcome, detail, mac
     from sealed`,
    [tenantId, chained.map((one) => one.id), chained.map((one) => one.seq), chained.map((one) => one.mac)],
  );
  await client.query('update audit_head set seq = $2, mac = $3 where tenant_id = $1', [tenantId, seq, mac]);
  return rows.length;
}
