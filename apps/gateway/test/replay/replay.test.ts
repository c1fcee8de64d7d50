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
  for (const ending of ['completed', 'compensated', 'cancelled', 'pivot-settled']) {
    expect(histories.some((name) => name.startsWith(`erase-subject.${ending}`))).toBe(true);
  }
});

test.each(histories)('replays %s', async (name) => {
  await expect(replay(read(name))).resolves.toBeUndefined();
});

test('refuses a history that another workflow would have written', async () => {
  const text = read(histories.find((one) => one.startsWith('erase-subject.completed'))!);
  const altered = text.replaceAll('"eraseRecipient"', '"eraseAnother"');
  expect(altered).not.toBe(text);
  await expect(replay(altered)).rejects.toThrow(DeterminismViolationError);
});
