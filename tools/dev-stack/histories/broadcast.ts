import { PAUSE_SIGNAL, RESUME_SIGNAL } from '@adx/contract-kit';
import { RECIPIENTS_PER_BATCH, notificationContract } from '@adx/notification-contract';
import { createOperations } from '@adx/operations';
import { addMembers, openTenant, projected, startTenantStatusChange } from '@adx/testing';
import type { Process, TestPlatform } from '@adx/testing';
import { ended, until } from './lived.ts';
import type { Recorded } from './lived.ts';

const SCALE = 0.05;
const { broadcast } = notificationContract.workflows;

/** To the owner and so many others: few, as their ids are in the history. */
async function start(
  platform: TestPlatform,
  others: number,
  options: { readonly eventsPerRun?: number } = {},
): Promise<Process> {
  const { tenantId, ownerId } = await openTenant(platform);
  await projected(platform.database, tenantId);
  await addMembers(platform.database, tenantId, others);
  const operations = createOperations({ client: platform.client, boundsScale: SCALE, ...options });
  const { operationId } = await operations.start(broadcast, {
    input: { subject: 'News', body: 'For all of you.', channels: ['in-app'] },
    principal: await platform.keys.signer.sign({ sub: ownerId, kind: 'user', tenantId, roles: [] }),
    subject: ownerId,
    tenantId,
    idempotencyKey: 'news',
  });
  return { operationId, tenantId };
}

/** One whose batch waits for whatever happens meanwhile. */
async function held(platform: TestPlatform): Promise<Process> {
  platform.faults.set({
    activity: 'broadcastBatch',
    point: 'before-transaction',
    action: { kind: 'hang' },
    times: 1,
  });
  const started = await start(platform, 2);
  await until(() => platform.faults.fired()[0]! > 0);
  return started;
}

/** What a broadcast may have lived through. */
export const broadcasts: Recorded = {
  app: 'notification-worker',
  behaviours: {
    completed: async (platform) => ended(platform, await start(platform, 2)),
    'completed-with-errors-after-a-batch-set-aside': async (platform) => {
      platform.faults.set({
        activity: 'broadcastBatch',
        point: 'in-transaction',
        action: { kind: 'failure', type: 'DatabaseRefused' },
        times: 1,
      });
      return ended(platform, await start(platform, 2));
    },
    'cancelled-during-a-batch': async (platform) => {
      const started = await held(platform);
      await platform.operations.cancel(started.operationId);
      return ended(platform, started);
    },
    'paused-and-resumed': async (platform) => {
      const started = await held(platform);
      const handle = platform.client.workflow.getHandle(started.operationId);
      const call = { operationId: started.operationId, principal: 'recorded' };
      await handle.signal(PAUSE_SIGNAL, call);
      platform.faults.set();
      await until(async () => (await platform.operations.get(started.operationId))?.status === 'paused');
      await handle.signal(RESUME_SIGNAL, call);
      return ended(platform, started);
    },
    'failed-when-suspended': async (platform) => {
      const started = await held(platform);
      const { tenantId } = started;
      await ended(platform, await startTenantStatusChange(platform, 'suspendTenant', { tenantId }));
      platform.faults.set();
      return ended(platform, started);
    },
    // A batch a run: what is recorded is the last run, which began with what the first one carried over.
    'continued-as-new': async (platform) =>
      ended(platform, await start(platform, RECIPIENTS_PER_BATCH, { eventsPerRun: 60 })),
    'first-run-of-a-continued-one': async (platform) => {
      const started = await ended(platform, await start(platform, RECIPIENTS_PER_BATCH, { eventsPerRun: 60 }));
      const { raw } = await platform.client.workflow.getHandle(started.operationId).describe();
      return { ...started, runId: raw.workflowExecutionInfo!.firstRunId! };
    },
  },
};
