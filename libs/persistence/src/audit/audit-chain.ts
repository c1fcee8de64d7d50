import { createHmac } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** One entry as it is chained: texts as Postgres writes them, so that no driver's idea of a date or of JSON matters. */
export type AuditEntry = readonly (string | null)[];

/** The columns of an entry in the form that is chained; the same for what is pending and for what is sealed. */
export const ENTRY_COLUMNS = `to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, execution_key,
  operation_id, step, actor, actor_kind, action, outcome, detail::text as detail`;

/** What the first entry of a tenant is chained to. */
export const GENESIS = Buffer.alloc(32);

/**
 * HMAC-SHA-256 over the MAC before and the entry, its tenant and number included: none can be moved or replaced.
 *
 * @param entry the {@link ENTRY_COLUMNS}, in their order
 * @param key prepared once: a buffer would be imported for every entry, at three times the cost
 */
export function chainMac(key: KeyObject, previous: Buffer, tenantId: string, seq: number, entry: AuditEntry): Buffer {
  const text = JSON.stringify([tenantId, seq, ...entry]);
  return createHmac('sha256', key).update(previous).update(text).digest();
}
