import { tenantRowsOf } from '@adx/contract-kit';
import { ADDED_CONTRACTS } from '@adx/every-contract';
import { gatewayContract } from '@adx/gateway-contract';
import { notificationContract } from '@adx/notification-contract';
import { tenantContract } from '@adx/tenant-contract';
import { userContract } from '@adx/user-contract';
import { saga } from '@adx/workflow-patterns';
import { patched } from '@temporalio/workflow';

const { holdSubject, eraseUser } = userContract.activities;

const erasures = ADDED_CONTRACTS.map((contract) => tenantRowsOf(contract).erasure);

/** A person gone from every service, or as before. */
export const eraseSubject = saga(
  gatewayContract.workflows.eraseSubject,
  async (run, { userId }) => {
    await run.step(holdSubject, { userId });
    const live = await run.pivot(eraseUser, { userId });
    const { operations } = live.output;
    await live.tail(notificationContract.activities.eraseRecipient, { userId, operations });
    await live.tail(tenantContract.activities.eraseMember, { userId, operations });
    // Each behind a patch: a history that was recorded before a service came is replayed without it.
    for (const erasure of erasures) if (patched(erasure.name)) await live.tail(erasure, { userId, operations });
    return { userId };
  },
  { deadline: '15m' },
);
