import { SERVICES_BY_NAME, rowsOfTenant, sagaMatrix, startOffboarding, startTestPlatform } from '@adx/testing';
import { tenantOf } from '../src/tenant-status-matrix.ts';

// Every step of an offboarding meets every kind of failure, and every undo does. Its grace is over at once.

const platform = await startTestPlatform({ env: { ADX_OFFBOARDING_GRACE: '1s' } });
afterAll(() => platform.stop());

/** What events have left on their way is not the process's. */
const ON_THE_WAY = /\.(?:outbox|outbox_sequence|inbox|inbox_position)$/;

async function traces(tenantId: string) {
  const { superuser } = platform.database;
  const rows = Object.entries(await rowsOfTenant(platform, tenantId)).filter(([table]) => !ON_THE_WAY.test(table));
  const { rows: status } = await superuser.query<{ status: string }>(
    `select status from tenant.access_tenant where tenant_id = $1
       union all select status from "user".access_tenant where tenant_id = $1
       union all select status from notification.access_tenant where tenant_id = $1
       union all select status || coalesce(' and locked' || left(locked_by, 0), '') from tenant.tenant where tenant_id = $1`,
    [tenantId],
  );
  const keys = await superuser.query('select 1 from keys.tenant_key where tenant_id = $1', [tenantId]);
  return { rows: Object.fromEntries(rows), statuses: status.map((one) => one.status), keys: keys.rowCount };
}

describe(
  'offboardTenant',
  await sagaMatrix({
    platform,
    contracts: Object.values(SERVICES_BY_NAME).map(({ contract }) => contract),
    crashes: 'report',
    given: () => tenantOf(platform, 'active'),
    start: (tenantId, boundsScale) => startOffboarding(platform, { tenantId, boundsScale }),
    traces,
  }),
);
