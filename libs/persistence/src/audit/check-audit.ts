import type { Leftover } from '@adx/activity-middleware';
import { Pool } from 'pg';
import { AuditHeadError, readAuditHeads } from './audit-heads.ts';
import type { AuditHead } from './audit-heads.ts';
import { verifyAudit } from './verify-audit.ts';
import type { AuditVerification } from './verify-audit.ts';

/** Follows the chain of every tenant, also of those that only the signed heads remember. */
export async function* verifyAllAudit(options: {
  readonly pool: Pool;
  readonly key: Buffer;
  readonly heads: readonly AuditHead[];
  readonly tenantId?: string;
}): AsyncGenerator<AuditVerification> {
  const { pool, key, heads } = options;
  const { rows } = await pool.query<{ id: string }>('select tenant_id as id from audit_head order by 1');
  const all = new Set([...rows.map(({ id }) => id), ...heads.map(({ tenantId }) => tenantId)]);
  for (const tenantId of all) {
    if (options.tenantId !== undefined && options.tenantId !== tenantId) continue;
    const head = heads.find((one) => one.tenantId === tenantId);
    yield await verifyAudit({ pool, key, tenantId, ...(head ? { head } : {}) });
  }
}

/** What a check of the audit found, by kind. */
export type AuditFaults = Readonly<Record<'audit-broken' | 'audit-unsealed', readonly Leftover[]>>;

/**
 * Whether the audit is as it was sealed, and whether it is sealed.
 *
 * @param options.url connects as the sealer role, on connections of its own: the sealing does not wait for it
 * @param options.minutes after which an entry has waited too long
 */
export async function checkAudit(options: {
  readonly url: string;
  readonly key: Buffer;
  readonly headFile?: string;
  readonly minutes: number;
}): Promise<AuditFaults> {
  const { url, key, headFile, minutes } = options;
  const pool = new Pool({ connectionString: url, max: 2 });
  pool.on('error', () => undefined);
  try {
    const broken: Leftover[] = [];
    let heads: readonly AuditHead[] = [];
    try {
      heads = headFile ? await headsOf(headFile, key) : [];
    } catch (error) {
      if (!(error instanceof AuditHeadError)) throw error;
      broken.push({
        subject: 'head file',
        says: 'the file of the signed heads was changed, or signed with another key',
      });
    }
    for await (const { tenantId, broken: fault } of verifyAllAudit({ pool, key, heads })) {
      if (fault)
        broken.push({ subject: `${tenantId}/${fault.seq}`, says: `the entry number ${fault.seq} ${fault.why}` });
    }
    const { rows } = await pool.query<{ subject: string; says: string }>(
      `select distinct on (tenant_id) tenant_id || '/pending/' || id as subject,
              'the entry is not chained; does the sealer run?' as says
         from audit_pending where at < clock_timestamp() - make_interval(mins => $1) order by tenant_id, id limit 100`,
      [minutes],
    );
    return { 'audit-broken': broken, 'audit-unsealed': rows };
  } finally {
    await pool.end();
  }
}

/** Written once there is something to seal. */
async function headsOf(file: string, key: Buffer): Promise<readonly AuditHead[]> {
  try {
    return (await readAuditHeads(file, key)).heads;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
