import { notificationContract } from '@adx/notification-contract';
import { tenantContract } from '@adx/tenant-contract';
import {
  projected,
  sagaFootprint,
  sagaMatrix,
  startOnboarding,
  startTenantStatusChange,
  startTestPlatform,
} from '@adx/testing';
import { userContract } from '@adx/user-contract';

// Every step of a suspension and of a resumption meets every kind of failure, and every undo does.

type Process = 'suspendTenant' | 'resumeTenant';
const contracts = [tenantContract, userContract, notificationContract];
const platform = await startTestPlatform();
afterAll(() => platform.stop());

async function ended(operationId: string): Promise<void> {
  if (!(await platform.operations.ended(operationId, 90_000))) throw new Error(`${operationId} did not end`);
}

async function tenantOf(status: 'active' | 'suspended'): Promise<string> {
  const { tenantId, operationId } = await startOnboarding(platform);
  await ended(operationId);
  // The others learn by an event that it is active.
  await projected(platform.database, tenantId);
  if (status === 'suspended') {
    await ended((await startTenantStatusChange(platform, 'suspendTenant', { tenantId })).operationId);
  }
  return tenantId;
}

/** What the three services say of the tenant, and whether it is locked. */
async function traces(tenantId: string) {
  const { rows } = await platform.database.superuser.query(
    `select t.status, t.locked_by is not null as locked,
            (select status from tenant.access_tenant where tenant_id = $1) as tenant,
            (select status from "user".access_tenant where tenant_id = $1) as "user",
            (select status from notification.access_tenant where tenant_id = $1) as notification
       from tenant.tenant t where tenant_id = $1`,
    [tenantId],
  );
  return rows[0] as Record<string, string | boolean>;
}
const everywhere = (status: string) => ({
  status,
  locked: false,
  tenant: status,
  user: status,
  notification: status,
});

const matrixOf = (process: Process, before: 'active' | 'suspended') =>
  sagaMatrix({
    platform,
    contracts,
    // The onboarding's matrix kills workers for real, which takes 10 to 30 s each.
    crashes: 'report',
    given: () => tenantOf(before),
    start: (tenantId, boundsScale) => startTenantStatusChange(platform, process, { tenantId, boundsScale }),
    traces,
  });

// A run is recorded before its tests are known.
describe('suspendTenant', await matrixOf('suspendTenant', 'active'));
describe('resumeTenant', await matrixOf('resumeTenant', 'suspended'));

describe('the status of a tenant', () => {
  const run = async (process: Process, tenantId: string) => {
    const { operationId } = await startTenantStatusChange(platform, process, { tenantId });
    await ended(operationId);
    return (await platform.operations.get(operationId))!;
  };

  test('is the same in all services after each change', async () => {
    const tenantId = await tenantOf('active');
    expect((await run('suspendTenant', tenantId)).result).toEqual({ status: 'suspended' });
    expect(await traces(tenantId)).toEqual(everywhere('suspended'));
    expect((await run('resumeTenant', tenantId)).result).toEqual({ status: 'active' });
    expect(await traces(tenantId)).toEqual(everywhere('active'));
  });

  test('cannot be changed to what it is', async () => {
    const { status, error } = await run('resumeTenant', await tenantOf('active'));
    expect([status, error]).toMatchObject([
      'compensated',
      { type: 'tenant.StatusUnchanged', details: { status: 'active' } },
    ]);
  });

  test('is changed by one operation at a time', async () => {
    const tenantId = await tenantOf('active');
    platform.faults.set({ activity: 'setMemberAccess', point: 'before-transaction', action: { kind: 'hang' } });
    const first = await startTenantStatusChange(platform, 'suspendTenant', { tenantId });
    for (const end = Date.now() + 60_000; platform.faults.fired()[0] === 0;) {
      if (Date.now() > end) throw new Error('the fault did not fire');
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    const second = await run('resumeTenant', tenantId);
    expect([second.status, second.error?.type]).toEqual(['compensated', 'tenant.TenantBusy']);
    expect((await sagaFootprint(platform, second.operationId)).ledger).toEqual({ lockTenant: 'fenced' });
    platform.faults.set();
    await ended(first.operationId);
    expect(await traces(tenantId)).toEqual(everywhere('suspended'));
  });
});
