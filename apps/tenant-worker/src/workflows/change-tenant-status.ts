import { notificationContract } from '@adx/notification-contract';
import { tenantContract } from '@adx/tenant-contract';
import { userContract } from '@adx/user-contract';
import type { SagaRun } from '@adx/workflow-patterns';

const tenant = tenantContract.activities;

/**
 * The same status in all services, or the one before in all of them. The lock is what makes that so: a second change
 * in between would find some services changed and others not.
 */
export async function changeTenantStatus<S extends 'active' | 'suspended'>(run: SagaRun, status: S) {
  await run.step(tenant.lockTenant, { to: status });
  const { version } = await run.step(tenant.setTenantStatus, { status });
  await run.parallel({
    members: () => run.step(userContract.activities.setMemberAccess, { status, version }),
    deliveries: () => run.step(notificationContract.activities.setDeliveryAccess, { status, version }),
  });
  await run.pivot(tenant.unlockTenant, {});
  return { status };
}
