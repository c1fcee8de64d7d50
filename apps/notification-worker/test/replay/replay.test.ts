import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createReplay } from '@adx/workflow-bundle';
import { DeterminismViolationError } from '@temporalio/workflow';

// Processes of every recorded version may still be running when this build is deployed: it must go on exactly where
// they are. Histories are recorded with `npm run record-histories`; they are added, never edited.

const folder = fileURLToPath(new URL('./histories/', import.meta.url));
const histories = readdirSync(folder);
const read = (name: string) => readFileSync(`${folder}${name}`, 'utf8');

let replay: Awaited<ReturnType<typeof createReplay>>;
beforeAll(async () => {
  replay = await createReplay({
    workflowsPath: fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url)),
  });
});

test('there are recorded histories of every ending', () => {
  for (const process of ['send-notification.completed', 'send-notification.failed', 'deliver-notification.completed']) {
    expect(histories.some((name) => name.startsWith(process))).toBe(true);
  }
  for (const ending of [
    'deliver-notification.compensated',
    'deliver-notification.mail-parked',
    'deliver-notification.webhook-parked',
  ]) {
    expect(histories.some((name) => name.startsWith(ending))).toBe(true);
  }
  expect(histories.filter((name) => name.startsWith('add-webhook.')).length).toBeGreaterThanOrEqual(3);
  for (const ending of [
    'completed.',
    'completed-with',
    'cancelled',
    'paused',
    'failed',
    'continued-as-new',
    'first-run',
  ]) {
    expect(histories.some((name) => name.startsWith(`broadcast.${ending}`))).toBe(true);
  }
});

test.each(histories)('replays %s', async (name) => {
  await expect(replay(read(name))).resolves.toBeUndefined();
});

test.each([
  ['deliver-notification.completed', 'findAddress'],
  ['broadcast.completed.', 'listMembers'],
])('refuses a history that another workflow would have written: %s', async (start, activity) => {
  const text = read(histories.find((one) => one.startsWith(start))!);
  const altered = text.replaceAll(`"${activity}"`, `"${activity}Else"`);
  expect(altered).not.toBe(text);
  await expect(replay(altered)).rejects.toThrow(DeterminismViolationError);
});
