import { notificationContract } from '@adx/notification-contract';
import { saga } from '@adx/workflow-patterns';

const { checkAttention, remindOperators } = notificationContract.activities;

/** Mostly nothing waits: then nothing is done, and nothing recorded. */
export const watchAttention = saga(
  notificationContract.workflows.watchAttention,
  async (run) => {
    const { waits } = await run.read(checkAttention, {});
    if (!waits) return { reminded: 0 };
    const { notificationIds } = await run.step(remindOperators, {});
    return { reminded: notificationIds.length };
  },
  { deadline: '10m' },
);
