import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { startOnboarding, startTestPlatform } from '@adx/testing';
import type { TestPlatform } from '@adx/testing';
import type { Needs } from '../src/needs.ts';

const root = join(import.meta.dirname, '..', '..', '..');

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform();
});
afterAll(() => platform?.stop());

/** The command against the platform's server. Not synchronous: the workers of the platform are in this process. */
async function running(...args: readonly string[]) {
  const cli = join(root, 'tools', 'contract-gate', 'src', 'cli.ts');
  const child = spawn(process.execPath, [cli, 'running', '--address', platform.temporalAddress, ...args], {
    cwd: root,
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  const errors: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  const [status] = (await once(child, 'close')) as [number];
  if (output.length === 0) throw new Error(Buffer.concat(errors).toString());
  return { status, stdout: Buffer.concat(output).toString() };
}

async function needs(): Promise<Needs & { readonly status: number; readonly ok: boolean }> {
  const { status, stdout } = await running('--json');
  return { status, ...(JSON.parse(stdout) as Needs & { readonly ok: boolean }) };
}

/** With a bound: the index of the server is a moment late. */
async function needsWhen(holds: (found: Needs) => boolean) {
  const end = Date.now() + 30_000;
  for (;;) {
    const found = await needs();
    if (holds(found) || Date.now() > end) return found;
  }
}

test('says which queue, workflow type and activities an open onboarding needs, and nothing once it has ended', async () => {
  platform.faults.set({ activity: 'openChannels', point: 'before-transaction', action: { kind: 'hang' } });
  const { operationId } = await startOnboarding(platform, { boundsScale: 1 });
  // Pending is also what no worker has taken yet.
  const taken = () => platform.faults.fired()[0] === 1;
  const held = await needsWhen(({ activities }) => taken() && activities.some(({ pending }) => pending > 0));
  expect(platform.faults.fired()).toEqual([1]);
  expect(held).toMatchObject({ status: 0, ok: true, processes: 1, queues: ['notification', 'tenant', 'user'] });
  expect(held.workflows).toEqual([{ type: 'onboardTenant', taskQueue: 'tenant', open: 1 }]);
  expect(held.activities).toEqual([
    { type: 'openChannels', taskQueue: 'notification', pending: 1, done: 0 },
    // A step on the own queue: what the history has of it is a marker.
    { type: 'reserveTenant', taskQueue: 'tenant', pending: 0, done: 1 },
    { type: 'createOwner', taskQueue: 'user', pending: 0, done: 1 },
  ]);
  expect(held.unused).toContain('tenant.workflows.changePlan');
  expect(held.unused).not.toContain('tenant.activities.reserveTenant');

  platform.faults.set();
  await platform.operations.ended(operationId, 30_000);
  const after = await needsWhen(({ processes }) => processes === 0);
  expect(after).toMatchObject({ status: 0, processes: 0, queues: [], workflows: [], activities: [], missing: [] });
});

test('fails, and names what open processes need and no contract has any more', async () => {
  const options = { taskQueue: 'tenant', workflowId: 'of-an-older-release', args: [] };
  const handle = await platform.rawClient.workflow.start('moveTenant', options);
  const found = await needsWhen(({ missing }) => missing.length > 0);
  expect(found).toMatchObject({ status: 1, ok: false, missing: ['tenant.workflows.moveTenant'] });
  const { status, stdout } = await running();
  expect(status).toBe(1);
  expect(stdout).toMatch(/NEEDED, AND IN NO CONTRACT\n {2}tenant\.workflows\.moveTenant/);
  await handle.terminate('the test is over');
});
