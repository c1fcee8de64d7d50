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
  expect(histories.filter((name) => name.startsWith('create-user.')).length).toBeGreaterThanOrEqual(6);
  for (const ending of ['completed.', 'completed-after', 'compensated-after', 'compensated-when', 'cancelled']) {
    expect(histories.some((name) => name.startsWith(`invite-user.${ending}`))).toBe(true);
  }
  for (const ending of ['completed.', 'completed-with', 'cancelled', 'paused', 'continued-as-new', 'first-run']) {
    expect(histories.some((name) => name.startsWith(`import-users.${ending}`))).toBe(true);
  }
  for (const ending of [
    'completed.',
    'completed-after',
    'completed-with',
    'compensated',
    'cancelled',
    'timed',
    'failed',
  ]) {
    expect(histories.some((name) => name.startsWith(`sync-directory.${ending}`))).toBe(true);
  }
});

test.each(histories)('replays %s', async (name) => {
  await expect(replay(read(name))).resolves.toBeUndefined();
});

test.each([
  ['create-user.failed-with-attempts-used-up', 'addUser.settle', 'addUser'],
  ['import-users.completed.', 'importBatch'],
  ['invite-user.compensated-when-expired', 'reserveSeat'],
  ['sync-directory.compensated-after-giving-up', 'syncDirectoryPage'],
])('refuses a history that another workflow would have written: %s', async (start, ...activities) => {
  const text = read(histories.find((one) => one.startsWith(start))!);
  const altered = activities.reduce((all, name) => all.replaceAll(`"${name}"`, `"${name}Else"`), text);
  expect(altered).not.toBe(text);
  await expect(replay(altered)).rejects.toThrow(DeterminismViolationError);
});
