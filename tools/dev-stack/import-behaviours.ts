import { createOperations } from '@adx/operations';
import { importFile, ownerOf } from '@adx/testing';
import type { StartedImport, TestPlatform } from '@adx/testing';
import { PAUSE_SIGNAL, RESUME_SIGNAL } from '@adx/contract-kit';

const BOUND_MS = 60_000;
const SCALE = 0.05;

const rows = (count: number) => Array.from({ length: count }, (_, n) => ({ email: `user-${n}@import.example` }));

async function start(platform: TestPlatform, count: number, options: { readonly eventsPerRun?: number } = {}) {
  const operations = createOperations({ client: platform.client, boundsScale: SCALE, ...options });
  return importFile(platform, operations, await ownerOf(platform), rows(count));
}

async function ended(platform: TestPlatform, started: StartedImport): Promise<StartedImport> {
  if (!(await platform.operations.ended(started.operationId, BOUND_MS))) throw new Error('did not end');
  return started;
}

async function fired(platform: TestPlatform): Promise<void> {
  const end = Date.now() + BOUND_MS;
  while (platform.faults.fired()[0] === 0) {
    if (Date.now() > end) throw new Error('the fault did not fire');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

const held = {
  activity: 'importBatch',
  point: 'before-transaction',
  action: { kind: 'hang' },
  skip: 1,
  times: 1,
} as const;

/** What an import of this version may have lived through, by behaviour. */
export const IMPORT_BEHAVIOURS: Readonly<Record<string, (platform: TestPlatform) => Promise<StartedImport>>> = {
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
    await fired(platform);
    await platform.operations.cancel(started.operationId);
    return ended(platform, started);
  },
  'paused-and-resumed': async (platform) => {
    platform.faults.set(held);
    const started = await start(platform, 12_000);
    await fired(platform);
    const handle = platform.client.workflow.getHandle(started.operationId);
    const call = { operationId: started.operationId, principal: 'recorded' };
    await handle.signal(PAUSE_SIGNAL, call);
    platform.faults.set();
    while ((await platform.operations.get(started.operationId))?.status !== 'paused') {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    await handle.signal(RESUME_SIGNAL, call);
    return ended(platform, started);
  },
  // Two batches a run: what is recorded is the last run, which began with what the others carried over.
  'continued-as-new': async (platform) => ended(platform, await start(platform, 22_000, { eventsPerRun: 60 })),
  'first-run-of-a-continued-one': async (platform) =>
    ended(platform, await start(platform, 22_000, { eventsPerRun: 60 })),
};
