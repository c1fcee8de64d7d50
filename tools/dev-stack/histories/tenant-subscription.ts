import { openTestSubscription, operatorPrincipal } from '@adx/testing';
import { BOUND_MS, ended, until } from './lived.ts';
import type { Recorded } from './lived.ts';

const used = (seq: number) => ({ eventId: `u${seq}`, type: 'usageReported', seq, data: { units: 1 } });

/** What a subscription may have lived through; of one that went on as a new run, the first run. */
export const tenantSubscription: Recorded = {
  app: 'tenant-worker',
  behaviours: {
    'ended-by-an-event': async (platform) => {
      const subscription = await openTestSubscription(platform);
      await subscription.report([used(2), used(1), used(1)], BOUND_MS);
      await subscription.wish([{ eventId: 'c', type: 'cancellationRequested', data: {} }]);
      return ended(platform, subscription);
    },
    'ended-when-due': async (platform) => {
      const subscription = await openTestSubscription(platform, { boundsScale: 1e-7 });
      await subscription.report([{ eventId: 'p', type: 'paymentSucceeded', data: { reference: 'r' } }]);
      return ended(platform, subscription);
    },
    cancelled: async (platform) => {
      const subscription = await openTestSubscription(platform);
      await subscription.report([used(1)], BOUND_MS);
      await platform.operations.cancel(subscription.operationId);
      return ended(platform, subscription);
    },
    'failed-when-given-up': async (platform) => {
      const subscription = await openTestSubscription(platform);
      const { operationId, tenantId } = subscription;
      platform.faults.set({
        activity: 'applyBillingEvents',
        point: 'before-transaction',
        action: { kind: 'failure', type: 'DatabaseRefused' },
        times: 1,
      });
      await subscription.report([used(1)]);
      await until(async () => (await platform.operations.get(operationId))?.status === 'needs-attention');
      const { attention } = (await platform.operations.get(operationId))!;
      await platform.operations.resolve(operationId, {
        resolution: { step: attention![0]!.step, action: 'give-up', reason: 'beyond repair', fingerprint: 'f' },
        call: { operationId, principal: await operatorPrincipal(platform, tenantId) },
        updateId: 'give-up',
      });
      return ended(platform, subscription);
    },
    'continued-as-new': async (platform) => {
      const subscription = await openTestSubscription(platform);
      const { operationId } = subscription;
      await subscription.report([used(1)], BOUND_MS);
      const { runId } = await platform.client.workflow.getHandle(operationId).describe();
      for (let from = 2; from <= 1_001; from += 100) {
        await subscription.report(Array.from({ length: 100 }, (_, index) => used(from + index)));
      }
      await until(async () => (await platform.client.workflow.getHandle(operationId).describe()).runId !== runId);
      return { operationId, runId };
    },
  },
};
