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

test('there are recorded histories of every ending of every saga', () => {
  const sagas = Object.groupBy(histories, (name) => name.split('.')[0]!);
  const counts = Object.fromEntries(Object.entries(sagas).map(([saga, all]) => [saga, all!.length]));
  expect(counts['onboard-tenant']).toBeGreaterThanOrEqual(5);
  expect(counts['suspend-tenant']).toBeGreaterThanOrEqual(4);
  expect(counts['resume-tenant']).toBeGreaterThanOrEqual(2);
  expect(counts['offboard-tenant']).toBeGreaterThanOrEqual(4);
});

test.each(histories)('replays %s', async (name) => {
  await expect(replay(read(name))).resolves.toBeUndefined();
});

test('refuses a history that another workflow would have written', async () => {
  const text = read(histories.find((one) => one.startsWith('onboard-tenant.completed'))!);
  const altered = text.replaceAll('"createOwner"', '"createAnother"');
  expect(altered).not.toBe(text);
  await expect(replay(altered)).rejects.toThrow(DeterminismViolationError);
});
