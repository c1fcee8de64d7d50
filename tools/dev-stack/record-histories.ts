// Records histories of real processes, for the replay test of the tenant-worker:
//   npm run record-histories -- <version> [<what their names begin with>]
// Histories are added, never edited: a recorded one is what a running process of that version looks like.
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { decodeHistory } from '@adx/payload-codec';
import { openTestSubscription, operatorPrincipal, startOnboarding, startTestPlatform } from '@adx/testing';
import type { TestPlatform } from '@adx/testing';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

const [version, prefix = ''] = process.argv.slice(2);
const root = join(import.meta.dirname, '..', '..');
const folder = join(root, 'apps', 'tenant-worker', 'test', 'replay', 'histories');
const bound = 60_000;

interface Hook {
  readonly default: () => Promise<void>;
}

/** Which history to record; of a process that went on as a new run, the first one. */
interface Lived {
  readonly operationId: string;
  readonly runId?: string;
}

const used = (seq: number) => ({ eventId: `u${seq}`, type: 'usageReported', seq, data: { units: 1 } });

/** What a process of this version may have lived through, by workflow and behaviour. */
const BEHAVIOURS: Readonly<Record<string, (platform: TestPlatform) => Promise<Lived>>> = {
  'onboard-tenant.completed': async (platform) => ended(platform, await startOnboarding(platform)),
  'onboard-tenant.compensated-after-a-declared-error': async (platform) =>
    ended(platform, await startOnboarding(platform, { ownerEmail: 'ada@suppressed.example' })),
  'onboard-tenant.cancelled-during-a-step': async (platform) => {
    platform.faults.set({ activity: 'createOwner', point: 'before-transaction', action: { kind: 'hang' } });
    const onboarding = await startOnboarding(platform);
    await until(() => platform.faults.fired()[0]! > 0);
    await platform.operations.cancel(onboarding.operationId);
    return ended(platform, onboarding);
  },
  'onboard-tenant.pivot-settled-after-an-unknown-outcome': async (platform) => {
    platform.faults.set(
      { activity: 'activateTenant', point: 'after-commit', action: { kind: 'error' }, times: 1 },
      { activity: 'activateTenant', point: 'before-transaction', action: { kind: 'error' }, skip: 1 },
    );
    return ended(platform, await startOnboarding(platform));
  },
  'onboard-tenant.undo-parked-and-retried': async (platform) => {
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
  'tenant-subscription.ended-by-an-event': async (platform) => {
    const subscription = await openTestSubscription(platform);
    await subscription.report([used(2), used(1), used(1)], bound);
    await subscription.wish([{ eventId: 'c', type: 'cancellationRequested', data: {} }]);
    return ended(platform, subscription);
  },
  'tenant-subscription.ended-when-due': async (platform) => {
    const subscription = await openTestSubscription(platform, { boundsScale: 1e-7 });
    await subscription.report([{ eventId: 'p', type: 'paymentSucceeded', data: { reference: 'r' } }]);
    return ended(platform, subscription);
  },
  'tenant-subscription.cancelled': async (platform) => {
    const subscription = await openTestSubscription(platform);
    await subscription.report([used(1)], bound);
    await platform.operations.cancel(subscription.operationId);
    return ended(platform, subscription);
  },
  'tenant-subscription.failed-when-given-up': async (platform) => {
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
  'tenant-subscription.continued-as-new': async (platform) => {
    const subscription = await openTestSubscription(platform);
    const { operationId } = subscription;
    await subscription.report([used(1)], bound);
    const { runId } = await platform.client.workflow.getHandle(operationId).describe();
    for (let from = 2; from <= 1_001; from += 100) {
      await subscription.report(Array.from({ length: 100 }, (_, index) => used(from + index)));
    }
    await until(async () => (await platform.client.workflow.getHandle(operationId).describe()).runId !== runId);
    return { operationId, runId };
  },
};

/** Stack traces and worker identities name folders and the host: no process depends on them. */
function withoutThisMachine(history: string): string {
  return history.replaceAll(`${root}/`, '').replaceAll(`@${hostname()}`, '@host');
}

async function ended(platform: TestPlatform, { operationId }: Lived): Promise<Lived> {
  if (!(await platform.operations.ended(operationId, bound))) throw new Error('did not end');
  return { operationId };
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + bound;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error('what was waited for did not happen');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

if (!/^v\d+$/.test(version ?? '')) {
  process.stderr.write('usage: npm run record-histories -- <version, for example v1> [<prefix>]\n');
  process.exit(2);
}
// The same Postgres and Temporal as in a test run.
const { default: setUp } = (await import(new URL('../../jest-global-setup.mjs', import.meta.url).href)) as Hook;
const { default: tearDown } = (await import(new URL('../../jest-global-teardown.mjs', import.meta.url).href)) as Hook;
await setUp();
const platform = await startTestPlatform();
try {
  await mkdir(folder, { recursive: true });
  for (const [behaviour, live] of Object.entries(BEHAVIOURS)) {
    if (!behaviour.startsWith(prefix)) continue;
    const file = join(folder, `${behaviour}.${version}.json`);
    if (existsSync(file)) throw new Error(`${file} exists: histories are never recorded over, choose a new version`);
    const { operationId, runId } = await live(platform);
    platform.faults.set();
    const history = await platform.client.workflow.getHandle(operationId, runId).fetchHistory();
    const readable = await decodeHistory(historyToJSON(history), platform.encryption.codec);
    await writeFile(file, withoutThisMachine(readable));
    process.stdout.write(`${behaviour}: ${history.events?.length} events\n`);
  }
} finally {
  await platform.stop();
  await tearDown();
}
