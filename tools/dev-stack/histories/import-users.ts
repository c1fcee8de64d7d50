import { PAUSE_SIGNAL, RESUME_SIGNAL } from '@adx/contract-kit';
import { createOperations } from '@adx/operations';
import { importFile, openTenant } from '@adx/testing';
import type { TestPlatform } from '@adx/testing';
import { ended, until } from './lived.ts';
import type { Recorded } from './lived.ts';

const SCALE = 0.05;

const rows = (count: number) => Array.from({ length: count }, (_, n) => ({ email: `user-${n}@import.example` }));

async function start(platform: TestPlatform, count: number, options: { readonly eventsPerRun?: number } = {}) {
  const operations = createOperations({ client: platform.client, boundsScale: SCALE, ...options });
  return importFile(platform, operations, await openTenant(platform), rows(count));
}

const held = {
  activity: 'importBatch',
  point: 'before-transaction',
  action: { kind: 'hang' },
  skip: 1,
  times: 1,
} as const;

/** What an import may have lived through. */
export const importUsers: Recorded = {
  app: 'user-worker',
  behaviours: {
    completed: async (platform) => ended(platform, await start(platform, 6_000)),
    'completed-with-errors-after-a-batch-set-aside': async (platform) => {
      platform.faults.set({
        activity: 'importBatch',
        point: 'in-transaction',
        action: { kind: 'failure', type: 'DatabaseRefused' },
        times: 1,
      });
      return ended(platform, await start(platform, 6_000));
    },
    'cancelled-during-a-batch': async (platform) => {
      platform.faults.set(held);
      const started = await start(platform, 12_000);
      await until(() => platform.faults.fired()[0]! > 0);
      await platform.operations.cancel(started.operationId);
      return ended(platform, started);
    },
    'paused-and-resumed': async (platform) => {
      platform.faults.set(held);
      const started = await start(platform, 12_000);
      await until(() => platform.faults.fired()[0]! > 0);
      const handle = platform.client.workflow.getHandle(started.operationId);
      const call = { operationId: started.operationId, principal: 'recorded' };
      await handle.signal(PAUSE_SIGNAL, call);
      platform.faults.set();
      await until(async () => (await platform.operations.get(started.operationId))?.status === 'paused');
      await handle.signal(RESUME_SIGNAL, call);
      return ended(platform, started);
    },
    // Two batches a run: what is recorded is the last run, which began with what the others carried over.
    'continued-as-new': async (platform) => ended(platform, await start(platform, 22_000, { eventsPerRun: 60 })),
    'first-run-of-a-continued-one': async (platform) => {
      const started = await ended(platform, await start(platform, 22_000, { eventsPerRun: 60 }));
      const { raw } = await platform.client.workflow.getHandle(started.operationId).describe();
      return { operationId: started.operationId, runId: raw.workflowExecutionInfo!.firstRunId! };
    },
  },
};
