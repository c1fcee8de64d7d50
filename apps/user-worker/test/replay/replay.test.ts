import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DeterminismViolationError } from '@temporalio/workflow';
import { createReplay } from './replay-history.ts';
import type { Replay } from './replay-history.ts';

// Imports of every recorded version may still be running when this build is deployed: it must go on exactly where they
// are. Histories are recorded with `npm run record-histories`; they are added, never edited.

const folder = fileURLToPath(new URL('./histories/', import.meta.url));
const histories = readdirSync(folder);

let replay: Replay;
beforeAll(async () => {
  replay = await createReplay(fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url)));
});

test('there are recorded histories of every ending', () => {
  for (const ending of [
    'completed.',
    'completed-with-errors',
    'cancelled',
    'paused',
    'continued-as-new',
    'first-run',
  ]) {
    expect(histories.some((name) => name.startsWith(`import-users.${ending}`))).toBe(true);
  }
});

test.each(histories)('replays %s', async (name) => {
  await expect(replay(readFileSync(`${folder}${name}`, 'utf8'))).resolves.toBeUndefined();
});

test('refuses a history that another workflow would have written', async () => {
  const name = histories.find((one) => one.startsWith('import-users.completed.'))!;
  const text = readFileSync(`${folder}${name}`, 'utf8');
  const altered = text.replaceAll('"importBatch"', '"importAnother"');
  expect(altered).not.toBe(text);
  await expect(replay(altered)).rejects.toThrow(DeterminismViolationError);
});
