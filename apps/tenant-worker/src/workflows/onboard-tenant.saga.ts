import { notificationContract } from '@adx/notification-contract';
import { tenantContract } from '@adx/tenant-contract';
import { userContract } from '@adx/user-contract';
import { saga } from '@adx/workflow-patterns';

const tenant = tenantContract.activities;
const user = userContract.activities;
const notification = notificationContract.activities;

/** A new tenant in all three services, or nothing in any of them. */
export const onboardTenant = saga(
  tenantContract.workflows.onboardTenant,
  async (run, { slug, name, plan, ownerEmail }) => {
    const { tenantId } = await run.step(tenant.reserveTenant, { slug, name, plan });
    const { ownerId } = await run.step(user.createOwner, { email: ownerEmail });
    await run.step(notification.openChannels, { userId: ownerId, email: ownerEmail });

    const live = await run.pivot(tenant.activateTenant, { ownerId });
    await live.tail(notification.sendWelcome, { userId: ownerId, tenantName: name });
    return { tenantId, ownerId };
  },
  { deadline: '15m' },
);
