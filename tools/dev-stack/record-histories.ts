// Records histories of real processes, for the replay tests of the workers:
//   npm run record-histories -- <version> [<process>]
// Histories are added, never edited: a recorded one is what a running process of that version looks like.
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { decodeHistory } from '@adx/payload-codec';
import {
  footprint,
  openTenant,
  operatorPrincipal,
  startOnboarding,
  startProcessAs,
  startTestPlatform,
} from '@adx/testing';
import type { Fault, Process, TestPlatform } from '@adx/testing';
import { userContract } from '@adx/user-contract';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

const [version, only] = process.argv.slice(2);
const root = join(import.meta.dirname, '..', '..');
const bound = 60_000;

interface Hook {
  readonly default: () => Promise<void>;
}

type Behaviours = Readonly<Record<string, (platform: TestPlatform) => Promise<Process>>>;

/** What an onboarding may have lived through. */
const ONBOARD_TENANT: Behaviours = {
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

const { createUser } = userContract.workflows;
const unreachable: Fault = { activity: 'addUser', point: 'before-transaction', action: { kind: 'error' } };
const hangs: Fault = { ...unreachable, action: { kind: 'hang' } };

/** What a standard process may have lived through. */
const CREATE_USER: Behaviours = {
  completed: (platform) => hire(platform, []),
  'completed-by-an-ordinary-attempt': (platform) => hire(platform, [{ ...unreachable, times: 1 }]),
  'completed-by-its-ledger': (platform) =>
    hire(platform, [
      { activity: 'addUser', point: 'after-commit', action: { kind: 'error' }, times: 1 },
      { ...unreachable, skip: 1 },
    ]),
  'completed-after-a-late-cancellation': (platform) =>
    hire(
      platform,
      [
        { ...hangs, point: 'after-commit', times: 1 },
        { ...hangs, skip: 1 },
      ],
      { cancelled: true },
    ),
  'failed-with-a-declared-error': (platform) =>
    hire(platform, [{ ...unreachable, action: { kind: 'declared', name: 'EmailTaken', details: {} } }]),
  'failed-with-attempts-used-up': (platform) => hire(platform, [unreachable]),
  'failed-without-knowing': (platform) =>
    hire(platform, [
      unreachable,
      { ...unreachable, mode: 'settle', action: { kind: 'failure', type: 'DatabaseRefused' } },
    ]),
  'cancelled-before-the-effect': (platform) => hire(platform, [hangs], { cancelled: true }),
};

/** Where the histories of a process are, and what is recorded of it. */
const PROCESSES: Readonly<Record<string, { readonly app: string; readonly behaviours: Behaviours }>> = {
  'onboard-tenant': { app: 'tenant-worker', behaviours: ONBOARD_TENANT },
  'create-user': { app: 'user-worker', behaviours: CREATE_USER },
};

async function hire(platform: TestPlatform, faults: Fault[], { cancelled = false } = {}): Promise<Process> {
  const { tenantId, ownerId } = await openTenant(platform);
  platform.faults.set(...faults);
  // Waits are cut short, attempts are not: they take a second at least.
  const who = { tenantId, userId: ownerId, boundsScale: 0.01 };
  const hired = await startProcessAs(platform, who, createUser, { email: 'bo@acme.example', role: 'member' });
  if (cancelled) {
    await until(() => platform.faults.fired().every((times) => times > 0));
    await platform.operations.cancel(hired.operationId);
  }
  return ended(platform, hired);
}

/** Stack traces and worker identities name folders and the host: no process depends on them. */
function withoutThisMachine(history: string): string {
  return history.replaceAll(`${root}/`, '').replaceAll(`@${hostname()}`, '@host');
}

async function ended<P extends Process>(platform: TestPlatform, one: P): Promise<P> {
  if (!(await platform.operations.ended(one.operationId, bound))) throw new Error('did not end');
  return one;
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + bound;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error('what was waited for did not happen');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

async function record(platform: TestPlatform, name: string): Promise<void> {
  const { app, behaviours } = PROCESSES[name]!;
  const folder = join(root, 'apps', app, 'test', 'replay', 'histories');
  await mkdir(folder, { recursive: true });
  for (const [behaviour, live] of Object.entries(behaviours)) {
    const file = join(folder, `${name}.${behaviour}.${version}.json`);
    if (existsSync(file)) throw new Error(`${file} exists: histories are never recorded over, choose a new version`);
    const lived = await live(platform);
    platform.faults.set();
    const history = await platform.client.workflow.getHandle(lived.operationId).fetchHistory();
    const readable = await decodeHistory(historyToJSON(history), platform.encryption.codec);
    await writeFile(file, withoutThisMachine(readable));
    const { ledger } = await footprint(platform, lived);
    process.stdout.write(`${name} ${behaviour}: ${history.events?.length} events, ledger ${JSON.stringify(ledger)}\n`);
  }
}

if (!/^v\d+$/.test(version ?? '') || (only !== undefined && !PROCESSES[only])) {
  const names = Object.keys(PROCESSES).join(' | ');
  process.stderr.write(`usage: npm run record-histories -- <version, for example v1> [${names}]\n`);
  process.exit(2);
}
// The same Postgres and Temporal as in a test run.
const { default: setUp } = (await import(new URL('../../jest-global-setup.mjs', import.meta.url).href)) as Hook;
const { default: tearDown } = (await import(new URL('../../jest-global-teardown.mjs', import.meta.url).href)) as Hook;
await setUp();
const platform = await startTestPlatform();
try {
  for (const name of only === undefined ? Object.keys(PROCESSES) : [only]) await record(platform, name);
} finally {
  await platform.stop();
  await tearDown();
}
