// Records histories of real processes, for the replay tests of their workers; those that are there are left alone:
//   npm run record-histories -- <version> [<process>]
// Histories are added, never edited: a recorded one is what a running process of that version looks like.
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createQueue } from '@adx/gateway';
import { decodeHistory } from '@adx/payload-codec';
import { createLogger } from '@adx/telemetry';
import { sagaFootprint, startTestPlatform } from '@adx/testing';
import type { TestPlatform } from '@adx/testing';
import { runInBackground } from '@adx/worker-runtime';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import * as ofServices from './generated/histories.ts';
import { broadcasts } from './histories/broadcast.ts';
import { createUserHistories } from './histories/create-user.ts';
import { eraseSubject } from './histories/erase-subject.ts';
import { importUsers } from './histories/import-users.ts';
import { inviteUser } from './histories/invite-user.ts';
import type { Recorded } from './histories/lived.ts';
import { findingHistories, maintainHistories } from './histories/maintenance.ts';
import { addWebhooks, deliverNotifications, sendNotifications, watchAttentions } from './histories/notifications.ts';
import { offboardTenant } from './histories/offboard-tenant.ts';
import { onboardTenant } from './histories/onboard-tenant.ts';
import { directories, syncDirectory } from './histories/sync-directory.ts';
import { tenantSubscription } from './histories/tenant-subscription.ts';
import { resumeTenant, suspendTenant } from './histories/tenant-status.ts';

const PROCESSES: Readonly<Record<string, Recorded>> = {
  'onboard-tenant': onboardTenant,
  'suspend-tenant': suspendTenant,
  'resume-tenant': resumeTenant,
  'offboard-tenant': offboardTenant,
  'tenant-subscription': tenantSubscription,
  'create-user': createUserHistories,
  'import-users': importUsers,
  'invite-user': inviteUser,
  'send-notification': sendNotifications,
  'deliver-notification': deliverNotifications,
  'add-webhook': addWebhooks,
  broadcast: broadcasts,
  'sync-directory': syncDirectory,
  'erase-subject': eraseSubject,
  'watch-attention': watchAttentions,
  maintain: maintainHistories,
  'follow-finding': findingHistories,
  // Those of `<service>.<process>.histories.ts`.
  ...Object.fromEntries(
    Object.entries<Recorded>(ofServices).map(([name, recorded]) => [
      name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
      recorded,
    ]),
  ),
};

const [version, only] = process.argv.slice(2);
const root = join(import.meta.dirname, '..', '..');

interface Hook {
  readonly default: () => Promise<void>;
}

/** Stack traces and worker identities name folders and the host: no process depends on them. */
function withoutThisMachine(history: string): string {
  return history.replaceAll(`${root}/`, '').replaceAll(`@${hostname()}`, '@host');
}

async function record(platform: TestPlatform, name: string): Promise<void> {
  const { app, behaviours } = PROCESSES[name]!;
  const folder = join(root, 'apps', app, 'test', 'replay', 'histories');
  await mkdir(folder, { recursive: true });
  for (const [behaviour, live] of Object.entries(behaviours)) {
    const title = `${name}.${behaviour}.${version}`;
    const file = join(folder, `${title}.json`);
    if (existsSync(file)) {
      process.stdout.write(`${title}: is there, and never recorded over\n`);
      continue;
    }
    const { operationId, runId } = await live(platform);
    platform.faults.set();
    const history = await platform.client.workflow.getHandle(operationId, runId).fetchHistory();
    const readable = await decodeHistory(historyToJSON(history), platform.encryption.codec);
    await writeFile(file, withoutThisMachine(readable));
    const { ledger } = await sagaFootprint(platform, operationId);
    process.stdout.write(`${title}: ${history.events?.length} events, ledger ${JSON.stringify(ledger)}\n`);
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
const platform = await startTestPlatform({ env: { ...directories.env, ADX_ATTENTION_REMINDERS: '["1ms"]' } });
const queue = createQueue({
  connectionOptions: { address: platform.temporalAddress },
  namespace: 'default',
  dataConverter: platform.encryption.dataConverter,
});
const stopPolling = runInBackground([queue], createLogger({ service: 'gateway', level: 'silent' }));
try {
  for (const name of only === undefined ? Object.keys(PROCESSES) : [only]) await record(platform, name);
} finally {
  await stopPolling();
  await platform.stop();
  await directories.stop();
  await tearDown();
}
