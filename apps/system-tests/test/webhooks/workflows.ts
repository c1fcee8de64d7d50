import type { Call, Json } from '@adx/contract-kit';
import { proxyActivities } from '@temporalio/workflow';

type Deliver = (input: Json, call: Call & { executionKey: string; step: string }) => Promise<Json>;

/** Starts one activity of the notification service, as a pattern does. */
export async function deliver(input: Json, call: Parameters<Deliver>[1]): Promise<Json> {
  const { deliverWebhook } = proxyActivities<{ deliverWebhook: Deliver }>({
    taskQueue: 'notification',
    startToCloseTimeout: '3s',
    retry: { initialInterval: 20, maximumInterval: 200, maximumAttempts: 20 },
  });
  return deliverWebhook(input, call);
}
