import { randomUUID } from 'node:crypto';
import { NO_TENANT } from '@adx/contract-kit';
import { createOperations } from '@adx/operations';
import { SERVICES } from '@adx/services';
import { tenantContract } from '@adx/tenant-contract';
import type { MatrixProcess } from './matrix-run.ts';
import { operatorPrincipal } from './onboarding.ts';
import type { TestPlatform } from './test-platform.ts';

/** Starts an offboarding as the gateway does, for an operator: an operation of the platform, about the tenant. */
export async function startOffboarding(
  platform: TestPlatform,
  { tenantId, boundsScale = 0.05 }: { readonly tenantId: string; readonly boundsScale?: number | undefined },
): Promise<MatrixProcess> {
  const { operationId } = await createOperations({ client: platform.client, boundsScale }).start(
    tenantContract.workflows.offboardTenant,
    {
      input: {},
      tenantId: NO_TENANT,
      subject: 'an operator',
      principal: await operatorPrincipal(platform, tenantId),
      idempotencyKey: randomUUID(),
    },
  );
  return { operationId, tenantId };
}

/** Rows of a tenant by table, of those that have some: what is its own, and who may act. The kernel's records are not here. */
export async function rowsOfTenant(
  { database: { superuser } }: Pick<TestPlatform, 'database'>,
  tenantId: string,
): Promise<Record<string, number>> {
  const tables = await superuser.query<{ name: string }>(
    `select format('%I.%I', table_schema, table_name) as name from information_schema.columns
       where table_schema = any ($1) and column_name = 'tenant_id'
         and table_name not in ('step_ledger', 'audit', 'audit_head', 'audit_pending', 'rate_limit')
       order by 1`,
    [SERVICES],
  );
  const counts = await superuser.query<{ name: string; rows: number }>(
    tables.rows
      .map(({ name }) => `select '${name}' as name, count(*)::int as rows from ${name} where tenant_id = $1`)
      .join(' union all '),
    [tenantId],
  );
  return Object.fromEntries(counts.rows.filter(({ rows }) => rows > 0).map(({ name, rows }) => [name, rows]));
}
