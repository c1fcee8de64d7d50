import { waitUntil } from '@adx/local-parts';
import {
  SERVICES,
  addSubject,
  openTenant,
  openTestSubscription,
  startErasure,
  startOnboarding,
  startTestPlatform,
} from '@adx/testing';
import type { Fault, TestPlatform } from '@adx/testing';
import type { RunningWorker } from '@adx/worker-runtime';
import { openGateway } from './test-gateway.ts';

// Two builds of a worker at once: what is pinned ends where it began, what lives long goes on with the new build.

let platform: TestPlatform;
let second: RunningWorker | undefined;
beforeAll(async () => {
  platform = await startTestPlatform({ env: { ADX_BUILD_ID: 'one' } });
  for (const service of SERVICES) await makeCurrent(`${service}-worker`, 'one');
});
afterAll(async () => {
  platform?.faults.set();
  await second?.drain();
  await platform?.stop();
});

/** What an operator does when a build is to take over; it must have polled before. */
async function makeCurrent(deploymentName: string, buildId: string): Promise<void> {
  const { workflowService } = platform.client;
  await waitUntil(
    async () => {
      try {
        await workflowService.setWorkerDeploymentCurrentVersion({ namespace: 'default', deploymentName, buildId });
        return true;
      } catch {
        return undefined;
      }
    },
    { within: 30_000 },
  );
}

/** The build that took the last task of a process, and how it is bound to it. */
async function buildOf(operationId: string) {
  const { raw } = await platform.client.workflow.getHandle(operationId).describe();
  const { behavior, deploymentVersion } = raw.workflowExecutionInfo?.versioningInfo ?? {};
  return { behavior, buildId: deploymentVersion?.buildId };
}

const PINNED = 1;
const AUTO_UPGRADE = 2;
const paid = (eventId: string) => ({ eventId, type: 'paymentSucceeded', data: { reference: 'r' } });

test('a saga ends on the build that began it; a subscription and new sagas go on with the next one', async () => {
  const subscription = await openTestSubscription(platform);
  await subscription.report([paid('first')], 20_000);
  expect(await buildOf(subscription.operationId)).toEqual({ behavior: AUTO_UPGRADE, buildId: 'one' });

  const held: Fault = { activity: 'createOwner', point: 'before-transaction', action: { kind: 'hang' } };
  platform.faults.set(held);
  const old = await startOnboarding(platform, { boundsScale: 1 });
  await waitUntil(() => platform.faults.fired()[0]! > 0 || undefined, { within: 30_000 });

  second = await platform.startAnother('tenant', { ADX_BUILD_ID: 'two' });
  await makeCurrent('tenant-worker', 'two');
  platform.faults.set();
  expect(await platform.operations.ended(old.operationId, 30_000)).toBe(true);
  expect((await platform.operations.get(old.operationId))?.status).toBe('completed');
  expect(await buildOf(old.operationId)).toEqual({ behavior: PINNED, buildId: 'one' });

  await subscription.report([paid('second')], 20_000);
  expect(await subscription.applied()).toEqual(['first', 'second']);
  expect(await buildOf(subscription.operationId)).toEqual({ behavior: AUTO_UPGRADE, buildId: 'two' });

  const next = await startOnboarding(platform, { boundsScale: 1 });
  expect(await platform.operations.ended(next.operationId, 30_000)).toBe(true);
  expect((await platform.operations.get(next.operationId))?.status).toBe('completed');
  expect(await buildOf(next.operationId)).toEqual({ behavior: PINNED, buildId: 'two' });
});

test('a process of the gateway is pinned to the build of the gateway', async () => {
  const gateway = await openGateway(platform, { ADX_BUILD_ID: 'door-one' });
  try {
    await makeCurrent('gateway', 'door-one');
    const { operationId } = await startErasure(platform, await addSubject(platform, await openTenant(platform)));
    expect(await platform.operations.ended(operationId, 30_000)).toBe(true);
    expect((await platform.operations.get(operationId))?.status).toBe('completed');
    expect(await buildOf(operationId)).toEqual({ behavior: PINNED, buildId: 'door-one' });
  } finally {
    await gateway.close();
  }
});
