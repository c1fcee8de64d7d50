import { randomUUID } from 'node:crypto';
import { footprint, projected, startOnboarding, startTestPlatform } from '@adx/testing';
import type { Onboarding, TestPlatform } from '@adx/testing';

// An operator may reset a workflow to its beginning. The run is then a new one, the ledger's key is not: what is done is
// found done, what is undone stays undone.

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform();
});
afterAll(() => platform?.stop());

async function resetToTheBeginning({ operationId }: Onboarding): Promise<string> {
  const handle = platform.client.workflow.getHandle(operationId);
  const { events } = await handle.fetchHistory();
  const firstTask = events!.find((event) => event.workflowTaskCompletedEventAttributes)!;
  const { runId } = await handle.describe();
  const reset = await platform.client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: operationId, runId },
    workflowTaskFinishEventId: firstTask.eventId!,
    reason: 'test',
    requestId: randomUUID(),
  });
  expect(reset.runId).not.toBe(runId);
  return reset.runId;
}

async function ended({ operationId, tenantId }: Onboarding) {
  expect(await platform.operations.ended(operationId, 30_000)).toBe(true);
  await projected(platform.database, tenantId);
  return (await platform.operations.get(operationId))!;
}

const start = (domain = 'acme.example') => startOnboarding(platform, { ownerEmail: `ada-${randomUUID()}@${domain}` });

test('a finished onboarding that is reset finds everything done', async () => {
  const onboarding = await start();
  const first = await ended(onboarding);
  const before = await footprint(platform, onboarding);
  const mails = () => platform.inbox.messages().filter(({ to }) => to === onboarding.input.ownerEmail);
  // On a busy machine an attempt may be given up after its mail was taken: then the same mail came twice, and not more.
  const [mail, ...others] = mails();
  expect(others).toEqual([]);
  await resetToTheBeginning(onboarding);
  const second = await ended(onboarding);
  expect(second).toMatchObject({ status: 'completed', result: first.result });
  expect(await footprint(platform, onboarding)).toEqual(before);
  expect(mails()).toEqual([mail]);
});

test('a compensated onboarding that is reset says that it was undone before', async () => {
  const onboarding = await start('suppressed.example');
  expect((await ended(onboarding)).status).toBe('compensated');
  const before = await footprint(platform, onboarding);
  await resetToTheBeginning(onboarding);
  const second = await ended(onboarding);
  expect(second.status).toBe('failed');
  expect(second.error?.type).toBe('StepFenced');
  expect(await footprint(platform, onboarding)).toEqual(before);
});

test('a running onboarding that is reset in the middle of a step causes each effect once', async () => {
  platform.faults.set({ activity: 'openChannels', point: 'before-transaction', action: { kind: 'hang' }, times: 1 });
  const onboarding = await start();
  while (platform.faults.fired()[0] === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  await resetToTheBeginning(onboarding);
  platform.faults.set();
  expect((await ended(onboarding)).status).toBe('completed');
  expect(await footprint(platform, onboarding)).toMatchObject({
    rows: { tenants: 1, users: 1, channels: 1 },
    effects: ['reserveTenant', 'createOwner', 'openChannels', 'activateTenant', 'sendWelcome'],
    undone: [],
  });
});
