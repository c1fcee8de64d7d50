// Records histories of real sagas, for the replay test of the tenant-worker; those that are there are left alone:
//   npm run record-histories -- <version>
// Histories are added, never edited: a recorded one is what a running process of that version looks like.
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { decodeHistory } from '@adx/payload-codec';
import {
  operatorPrincipal,
  sagaFootprint,
  startOnboarding,
  startTenantStatusChange,
  startTestPlatform,
} from '@adx/testing';
import type { MatrixProcess, TestPlatform } from '@adx/testing';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

const [version] = process.argv.slice(2);
const root = join(import.meta.dirname, '..', '..');
const folder = join(root, 'apps', 'tenant-worker', 'test', 'replay', 'histories');
const bound = 60_000;

interface Hook {
  readonly default: () => Promise<void>;
}

/** What a process of this version may have lived through, by behaviour. */
const ONBOARDING: Readonly<Record<string, (platform: TestPlatform) => Promise<MatrixProcess>>> = {
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

/** The same of a change of a tenant's status, whose remote steps are a parallel group. */
const SUSPENSION: typeof ONBOARDING = {
  completed: async (platform) => ended(platform, await suspension(platform)),
  'compensated-after-a-declared-error': async (platform) => {
    const { tenantId } = await ended(platform, await suspension(platform));
    return ended(platform, await startTenantStatusChange(platform, 'suspendTenant', { tenantId }));
  },
  'compensated-after-a-branch-failed': async (platform) => {
    platform.faults.set({
      activity: 'setDeliveryAccess',
      point: 'before-transaction',
      action: { kind: 'failure', type: 'DatabaseRefused' },
    });
    return ended(platform, await suspension(platform));
  },
  'cancelled-during-a-parallel-group': async (platform) => {
    platform.faults.set({ activity: 'setMemberAccess', point: 'before-transaction', action: { kind: 'hang' } });
    const process = await suspension(platform);
    await until(() => platform.faults.fired()[0]! > 0);
    await platform.operations.cancel(process.operationId);
    return ended(platform, process);
  },
};

const BEHAVIOURS = {
  'onboard-tenant': ONBOARDING,
  'suspend-tenant': SUSPENSION,
  'resume-tenant': {
    completed: async (platform) => {
      const { tenantId } = await ended(platform, await suspension(platform));
      return ended(platform, await startTenantStatusChange(platform, 'resumeTenant', { tenantId }));
    },
    'compensated-after-a-declared-error': async (platform) => {
      const { tenantId } = await ended(platform, await startOnboarding(platform));
      return ended(platform, await startTenantStatusChange(platform, 'resumeTenant', { tenantId }));
    },
  },
} satisfies Readonly<Record<string, typeof ONBOARDING>>;

async function suspension(platform: TestPlatform): Promise<MatrixProcess> {
  const { tenantId } = await ended(platform, await startOnboarding(platform));
  return startTenantStatusChange(platform, 'suspendTenant', { tenantId });
}

/** Stack traces and worker identities name folders and the host: no process depends on them. */
function withoutThisMachine(history: string): string {
  return history.replaceAll(`${root}/`, '').replaceAll(`@${hostname()}`, '@host');
}

async function ended<P extends MatrixProcess>(platform: TestPlatform, process: P): Promise<P> {
  if (!(await platform.operations.ended(process.operationId, bound))) throw new Error('did not end');
  return process;
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
  await mkdir(folder, { recursive: true });
  const all = Object.entries(BEHAVIOURS).flatMap(([saga, behaviours]) =>
    Object.entries(behaviours).map(([behaviour, live]) => [`${saga}.${behaviour}.${version}`, live] as const),
  );
  for (const [name, live] of all) {
    const file = join(folder, `${name}.json`);
    if (existsSync(file)) {
      process.stdout.write(`${name}: is there, and never recorded over\n`);
      continue;
    }
    const { operationId } = await live(platform);
    platform.faults.set();
    const history = await platform.client.workflow.getHandle(operationId).fetchHistory();
    const readable = await decodeHistory(historyToJSON(history), platform.encryption.codec);
    await writeFile(file, withoutThisMachine(readable));
    const { ledger } = await sagaFootprint(platform, operationId);
    process.stdout.write(`${name}: ${history.events?.length} events, ledger ${JSON.stringify(ledger)}\n`);
  }
} finally {
  await platform.stop();
  await tearDown();
}
