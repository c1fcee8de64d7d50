import { tenantRowsOf } from '@adx/contract-kit';
import { ADDED_CONTRACTS } from '@adx/every-contract';
import { notificationContract } from '@adx/notification-contract';
import { tenantContract } from '@adx/tenant-contract';
import { userContract } from '@adx/user-contract';
import { saga } from '@adx/workflow-patterns';
import { patched } from '@temporalio/workflow';

const tenant = tenantContract.activities;
const user = userContract.activities;
const notification = notificationContract.activities;

const removals = ADDED_CONTRACTS.map((contract) => tenantRowsOf(contract).removal);

/** A tenant gone from every service, or as it was when that is withdrawn within the grace. */
export const offboardTenant = saga(
  tenantContract.workflows.offboardTenant,
  async (run) => {
    const { version, grace } = await run.step(tenant.beginOffboarding, {});
    await run.parallel({
      members: () => run.step(user.setMemberAccess, { status: 'suspended', version }),
      deliveries: () => run.step(notification.setDeliveryAccess, { status: 'suspended', version }),
    });
    await run.waitFor(grace);

    const live = await run.pivot(tenant.beginRemoval, {});
    await live.tail(tenant.endProcesses, {});
    await live.tail(notification.removeNotificationRows, {});
    await live.tail(user.removeUserRows, {});
    // Each behind a patch: a history that was recorded before a service came is replayed without it.
    for (const removal of removals) if (patched(removal.name)) await live.tail(removal, {});
    await live.tail(tenant.removeTenantRows, {});
    await live.tail(tenant.destroyKeys, {});
    return {};
  },
  // Longer than the longest grace. Who waits for a service that is gone may withdraw all the time.
  { deadline: '400d' },
);
