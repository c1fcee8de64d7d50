// Records histories of real processes, for the replay tests of their workers:
//   npm run record-histories -- <version> [<process>]
// Histories are added, never edited: a recorded one is what a running process of that version looks like.
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { decodeHistory } from '@adx/payload-codec';
import { footprint, operatorPrincipal, startOnboarding, startTestPlatform } from '@adx/testing';
import type { Onboarding, TestPlatform } from '@adx/testing';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { IMPORT_BEHAVIOURS } from './import-behaviours.ts';

const [version, only] = process.argv.slice(2);
const root = join(import.meta.dirname, '..', '..');
const folderOf = (worker: string) => join(root, 'apps', worker, 'test', 'replay', 'histories');
const bound = 60_000;

interface Hook {
  readonly default: () => Promise<void>;
}

/** What an onboarding of this version may have lived through, by behaviour. */
const ONBOARDING_BEHAVIOURS: Readonly<Record<string, (platform: TestPlatform) => Promise<Onboarding>>> = {
  completed: async (platform) => ended(platform, await startOnboarding(platform)),
  'compensated-after-a-declared-error': async (platform) =>
    ended(platform, await startOnboarding(platform, { ownerEmail: 'ada@suppressed.example' })),
  'cancelled-during-a-step': async (platform) => {
    platform.faults.set({ activity: 'createOwner', point: 'before-transaction', action: { kind: 'hang' } });
    const onboarding = await startOnboarding(platform);
    await until(() => platform.faults.fired()[0]! > 0);
    await platform.operations.cancel(onboarding.operationId);
    return ended(platform, onboarding);
  },
  'pivot-settled-after-an-unknown-outcome': async (platform) => {
    platform.faults.set(
      { activity: 'activateTenant', point: 'after-commit', action: { kind: 'error' }, times: 1 },
      { activity: 'activateTenant', point: 'before-transaction', action: { kind: 'error' }, skip: 1 },
    );
    return ended(platform, await startOnboarding(platform));
  },
  'undo-parked-and-retried': async (platform) => {
    platform.faults.set({
      activity: 'createOwner',
      mode: 'undo',
      point: 'before-transaction',
      action: { kind: 'failure', type: 'UndoImpossible' },
      times: 1,
    });
    const onboarding = await startOnboarding(platform, { ownerEmail: 'ada@suppressed.example' });
    const { operationId, tenantId } = onboarding;
    await until(async () => (await platform.operations.get(operationId))?.status === 'needs-attention');
    await platform.operations.resolve(operationId, {
      resolution: { step: 'createOwner', action: 'retry', reason: 'mended', fingerprint: 'f' },
      call: { operationId, principal: await operatorPrincipal(platform, tenantId) },
      updateId: 'retry',
    });
    return ended(platform, onboarding);
  },
};

type Behaviour = (platform: TestPlatform) => Promise<Pick<Onboarding, 'operationId' | 'tenantId'>>;

/** By process: whose worker replays it, and what it may have lived through. */
const RECORDED: Readonly<Record<string, { worker: string; behaviours: Readonly<Record<string, Behaviour>> }>> = {
  'onboard-tenant': { worker: 'tenant-worker', behaviours: ONBOARDING_BEHAVIOURS },
  'import-users': { worker: 'user-worker', behaviours: IMPORT_BEHAVIOURS },
};

/** Stack traces and worker identities name folders and the host: no process depends on them. */
function withoutThisMachine(history: string): string {
  return history.replaceAll(`${root}/`, '').replaceAll(`@${hostname()}`, '@host');
}

async function ended(platform: TestPlatform, onboarding: Onboarding): Promise<Onboarding> {
  if (!(await platform.operations.ended(onboarding.operationId, bound))) throw new Error('did not end');
  return onboarding;
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + bound;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error('what was waited for did not happen');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

if (!/^v\d+$/.test(version ?? '')) {
  process.stderr.write('usage: npm run record-histories -- <version, for example v1>\n');
  process.exit(2);
}
// The same Postgres and Temporal as in a test run.
const { default: setUp } = (await import(new URL('../../jest-global-setup.mjs', import.meta.url).href)) as Hook;
const { default: tearDown } = (await import(new URL('../../jest-global-teardown.mjs', import.meta.url).href)) as Hook;
await setUp();
const platform = await startTestPlatform();
try {
  for (const [name, { worker, behaviours }] of Object.entries(RECORDED)) {
    if (only !== undefined && only !== name) continue;
    await mkdir(folderOf(worker), { recursive: true });
    for (const [behaviour, live] of Object.entries(behaviours)) {
      const file = join(folderOf(worker), `${name}.${behaviour}.${version}.json`);
      if (existsSync(file)) throw new Error(`${file} exists: histories are never recorded over, choose a new version`);
      await record(file, behaviour, await live(platform));
    }
  }
} finally {
  await platform.stop();
  await tearDown();
}

async function record(file: string, behaviour: string, { operationId, tenantId }: Awaited<ReturnType<Behaviour>>) {
  platform.faults.set();
  const { client } = platform;
  const { raw } = await client.workflow.getHandle(operationId).describe();
  // The run that people see is the last one; how an earlier one ended is recorded of the first.
  const runId = behaviour.startsWith('first-run') ? raw.workflowExecutionInfo?.firstRunId : undefined;
  const history = await client.workflow.getHandle(operationId, runId ?? undefined).fetchHistory();
  const readable = await decodeHistory(historyToJSON(history), platform.encryption.codec);
  await writeFile(file, withoutThisMachine(readable));
  const { ledger } = await footprint(platform, { tenantId, operationId });
  process.stdout.write(`${behaviour}: ${history.events?.length} events, ledger ${JSON.stringify(ledger)}\n`);
}
