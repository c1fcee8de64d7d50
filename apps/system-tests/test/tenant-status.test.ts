import { sagaFootprint, startTenantStatusChange, startTestPlatform } from '@adx/testing';
import type { TestPlatform } from '@adx/testing';
import { ended as endedOn, tenantOf as tenantOn, traces as tracesOn } from '../src/tenant-status-matrix.ts';
import type { StatusChange as Process } from '../src/tenant-status-matrix.ts';

// What a change of a tenant's status leaves; its failure matrices are in `test-deep`.

let platform: TestPlatform;
beforeAll(async () => void (platform = await startTestPlatform()), 120_000);
afterAll(() => platform?.stop(), 60_000);

const ended = (operationId: string) => endedOn(platform, operationId);
const tenantOf = (status: 'active' | 'suspended') => tenantOn(platform, status);
const traces = (tenantId: string) => tracesOn(platform, tenantId);
const everywhere = (status: string) => ({
  status,
  locked: false,
  tenant: status,
  user: status,
  notification: status,
});

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
