import { gatewayContract } from '@adx/gateway-contract';
import { notificationContract } from '@adx/notification-contract';
import { tenantContract } from '@adx/tenant-contract';
import { userContract } from '@adx/user-contract';
import { saga } from '@adx/workflow-patterns';

const { holdSubject, eraseUser } = userContract.activities;

/** A person gone from every service, or as before. */
export const eraseSubject = saga(
  gatewayContract.workflows.eraseSubject,
  async (run, { userId }) => {
    await run.step(holdSubject, { userId });
    const live = await run.pivot(eraseUser, { userId });
    const { operations } = live.output;
    await live.tail(notificationContract.activities.eraseRecipient, { userId, operations });
    await live.tail(tenantContract.activities.eraseMember, { userId, operations });
    return { userId };
  },
  { deadline: '15m' },
);
