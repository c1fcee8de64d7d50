import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readAuditHeads, readAuditKey, verifyAllAudit } from '@adx/persistence';
import type { AuditHead, AuditVerification } from '@adx/persistence';
import { SERVICES } from '@adx/services';
import type { ServiceName } from '@adx/services';
import pg from 'pg';
import { readStackFile } from './stack-file.ts';
import { ensureStackKeys } from './stack-keys.ts';
import type { StackKeys } from './stack-keys.ts';

/** What the chains of one service are. */
interface ServiceReport {
  readonly service: ServiceName;
  readonly verified: number;
  readonly tenants: number;
  readonly broken: readonly AuditVerification[];
}

/** `npm run audit`: follows every chain of the running stack, and names the first number that is not as it was sealed. */
export async function audit(
  folder: string,
  options: { readonly service?: string; readonly tenant?: string; readonly json: boolean },
): Promise<number> {
  const { service, tenant, json } = options;
  const services = SERVICES.filter((name) => service === undefined || name === service);
  if (services.length === 0) {
    process.stderr.write(`--service is one of ${SERVICES.join(', ')}\n`);
    return 2;
  }
  const file = await readStackFile(folder);
  if (!file) {
    process.stderr.write('the stack does not run; start it with "npm start"\n');
    return 1;
  }
  const keys = await ensureStackKeys(folder);
  const began = performance.now();
  const reports: ServiceReport[] = [];
  for (const name of services) reports.push(await verifyService(folder, file.addresses.postgres, keys, name, tenant));
  const seconds = (performance.now() - began) / 1_000;

  const verified = reports.reduce((sum, report) => sum + report.verified, 0);
  const broken = reports.flatMap((report) => report.broken);
  const ok = broken.length === 0;
  if (json) {
    const measures = [
      { name: 'audit entries verified', value: verified, unit: 'entries', target: null, ok: true },
      { name: 'audit entries per second', value: Math.round(verified / seconds), unit: '1/s', target: null, ok: true },
      { name: 'broken audit chains', value: broken.length, unit: 'chains', target: 0, ok },
    ];
    process.stdout.write(`${JSON.stringify({ ok, measures, broken }, null, 2)}\n`);
  } else {
    for (const report of reports) {
      process.stdout.write(`${report.service.padEnd(13)} ${report.verified} entries of ${report.tenants} tenants\n`);
    }
    for (const one of broken) {
      process.stdout.write(`BROKEN        tenant ${one.tenantId}: number ${one.broken!.seq} ${one.broken!.why}\n`);
    }
  }
  return ok ? 0 : 1;
}

async function verifyService(
  folder: string,
  postgres: string,
  keys: StackKeys,
  service: ServiceName,
  tenant: string | undefined,
): Promise<ServiceReport> {
  const key = await readAuditKey(keys.auditKeyFile);
  const headFile = join(folder, 'audit-heads', `${service}.json`);
  const heads: readonly AuditHead[] = existsSync(headFile) ? (await readAuditHeads(headFile, key)).heads : [];
  const url = `postgres://${service}_sealer:${keys.passwords[service].sealer}@${postgres}/adx`;
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  try {
    const results: AuditVerification[] = [];
    const which = tenant === undefined ? {} : { tenantId: tenant };
    for await (const result of verifyAllAudit({ pool, key, heads, ...which })) results.push(result);
    const verified = results.reduce((sum, result) => sum + result.verified, 0);
    return { service, verified, tenants: results.length, broken: results.filter((result) => result.broken) };
  } finally {
    await pool.end();
  }
}
