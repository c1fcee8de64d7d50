import { randomUUID } from 'node:crypto';
import { connectAuditSealer, readAuditKey, verifyAudit } from '@adx/persistence';
import type { TestDatabase, TestKeys } from '@adx/testing';
import pg from 'pg';
import type { Report } from './report.ts';

/** Seconds that the verification of a million entries may take. */
const SECONDS = 25;

/** Writes entries, has them chained as a worker does, and verifies the chain. */
export async function measureAudit(
  { database, keys }: { readonly database: TestDatabase; readonly keys: TestKeys },
  report: Report,
  entries: number,
): Promise<void> {
  const tenantId = randomUUID();
  report.say(`writing ${entries} audit entries ...`);
  await database.superuser.query(
    `insert into "user".audit_pending
       (tenant_id, execution_key, operation_id, step, actor, actor_kind, action, outcome, detail)
     select $1, 'execution-' || n, 'operation-' || n, 'insertUser', 'bench', 'operator', 'insertUser', 'succeeded',
            jsonb_build_object('n', n)
     from generate_series(1, $2) n`,
    [tenantId, entries],
  );
  report.say('chaining them ...');
  const sealer = await connectAuditSealer({
    url: database.sealerUrl('user'),
    schema: 'user',
    keyFile: keys.auditKeyFile,
  });
  const stop = new AbortController();
  const began = performance.now();
  const running = sealer.run(stop.signal);
  const left = async () =>
    (await database.superuser.query('select 1 from "user".audit_pending where tenant_id = $1 limit 1', [tenantId]))
      .rowCount;
  while (await left()) await new Promise((resolve) => setTimeout(resolve, 200));
  const seconds = (performance.now() - began) / 1_000;
  stop.abort();
  await running;
  await sealer.close();
  report.say(`chained ${Math.round(entries / seconds)} entries per second`);
  report.say('verifying them ...');
  const pool = new pg.Pool({ connectionString: database.sealerUrl('user'), max: 1 });
  const start = performance.now();
  const result = await verifyAudit({ pool, key: await readAuditKey(keys.auditKeyFile), tenantId });
  const took = (performance.now() - start) / 1_000;
  await pool.end();
  if (result.verified !== entries) throw new Error(`verified ${result.verified} of ${entries} entries`);
  report.measure(`audit verification of ${entries} entries`, took, 's', ['<=', (SECONDS * entries) / 1_000_000]);
}
