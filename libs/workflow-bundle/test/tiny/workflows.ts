import { proxyActivities } from '@temporalio/workflow';
import { tinyContract } from './tiny.contract.ts';

const { greet } = tinyContract.activities;

export async function tiny(name: string): Promise<void> {
  const { taskQueue } = greet;
  await proxyActivities({ taskQueue, startToCloseTimeout: greet.bounds.attempt })[greet.name]?.({ name });
}
