import { randomUUID } from 'node:crypto';
import { footprint, projected, startOnboarding, startTestPlatform } from '@adx/testing';
import type { Onboarding, TestPlatform } from '@adx/testing';

// An operator may reset a workflow to any of its workflow tasks, not only to the first one. Wherever it begins again, no
// effect happens a second time, and what is undone stays undone.

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform();
}, 120_000);
afterAll(() => platform?.stop(), 60_000);

const start = (domain: string) => startOnboarding(platform, { ownerEmail: `ada-${randomUUID()}@${domain}` });

async function ended({ operationId, tenantId }: Onboarding) {
  expect(await platform.operations.ended(operationId, 60_000)).toBe(true);
  // What it told other services may still be on its way.
  await projected(platform.database, tenantId);
  return (await platform.operations.get(operationId))!;
}

/** The workflow tasks of the newest run, as places to begin again. */
async function tasksOf({ operationId }: Onboarding) {
  const { events } = await platform.client.workflow.getHandle(operationId).fetchHistory();
  return events!.filter((event) => event.workflowTaskCompletedEventAttributes).map((event) => event.eventId!);
}

async function resetTo({ operationId }: Onboarding, task: Awaited<ReturnType<typeof tasksOf>>[number]): Promise<void> {
  const { runId } = await platform.client.workflow.getHandle(operationId).describe();
  await platform.rawClient.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: operationId, runId },
    workflowTaskFinishEventId: task,
    reason: 'test',
    requestId: randomUUID(),
  });
}

test.each([
  ['a finished onboarding', 'acme.example', ['completed']],
  ['a compensated onboarding', 'suppressed.example', ['failed', 'compensated']],
])(
  '%s that is reset to any of its workflow tasks causes no second effect',
  async (_what, domain, endings) => {
    const { length } = await tasksOf(await startAndEnd(domain));
    expect(length).toBeGreaterThan(2);
    for (let index = 0; index < length; index += 1) {
      const onboarding = await startAndEnd(domain);
      const before = await footprint(platform, onboarding);
      const tasks = await tasksOf(onboarding);
      // Two runs may batch their tasks differently; the last one is the same place in both.
      await resetTo(onboarding, tasks[Math.min(index, tasks.length - 1)]!);
      expect(endings).toContain((await ended(onboarding)).status);
      expect(await footprint(platform, onboarding)).toEqual(before);
      const mails = platform.inbox.messages().filter(({ to }) => to === onboarding.input.ownerEmail);
      expect(mails.map(({ deliveries }) => deliveries)).toEqual(domain === 'acme.example' ? [1] : []);
    }
  },
  600_000,
);

async function startAndEnd(domain: string): Promise<Onboarding> {
  const onboarding = await start(domain);
  await ended(onboarding);
  return onboarding;
}

test('one onboarding that is reset again and again, to each task in turn, still has one of everything', async () => {
  const onboarding = await startAndEnd('acme.example');
  const before = await footprint(platform, onboarding);
  for (let index = 0; index < (await tasksOf(onboarding)).length && index < 12; index += 1) {
    await resetTo(onboarding, (await tasksOf(onboarding))[index]!);
    expect((await ended(onboarding)).status).toBe('completed');
  }
  expect(await footprint(platform, onboarding)).toEqual(before);
}, 600_000);
