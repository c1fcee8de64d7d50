import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflows } from '@adx/workflow-bundle';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';

// Processes of every recorded version may still be running when this build is deployed: it must go on exactly where
// they are. Histories are recorded with `npm run record-histories`; they are added, never edited.

const folder = fileURLToPath(new URL('./histories/', import.meta.url));
const histories = readdirSync(folder);

let code: string;
beforeAll(async () => {
  const workflowsPath = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));
  ({ code } = await bundleWorkflows({ workflowsPath }));
});

const replay = (text: string, name: string) =>
  Worker.runReplayHistory({ workflowBundle: { code } }, historyFromJSON(JSON.parse(text)), operationIdIn(text, name));

/** The workflow id is not in the history itself, but every call carries it. */
function operationIdIn(text: string, name: string): string {
  for (const { data } of payloadsOf(JSON.parse(text))) {
    const value = JSON.parse(Buffer.from(data, 'base64').toString('utf8')) as { operationId?: string } | null;
    if (value?.operationId) return value.operationId;
  }
  throw new Error(`${name} holds no operation id`);
}

function payloadsOf(node: unknown): { data: string }[] {
  if (node === null || typeof node !== 'object') return [];
  const own = 'data' in node && typeof node.data === 'string' && 'metadata' in node ? [node as { data: string }] : [];
  return [...own, ...Object.values(node).flatMap(payloadsOf)];
}

test('there are recorded histories of every ending of every saga', () => {
  const sagas = Object.groupBy(histories, (name) => name.split('.')[0]!);
  const counts = Object.fromEntries(Object.entries(sagas).map(([saga, all]) => [saga, all!.length]));
  expect(counts['onboard-tenant']).toBeGreaterThanOrEqual(5);
  expect(counts['suspend-tenant']).toBeGreaterThanOrEqual(4);
  expect(counts['resume-tenant']).toBeGreaterThanOrEqual(2);
});

test.each(histories)('replays %s', async (name) => {
  await expect(replay(readFileSync(`${folder}${name}`, 'utf8'), name)).resolves.toBeUndefined();
});

test('refuses a history that another workflow would have written', async () => {
  const name = histories.find((one) => one.startsWith('onboard-tenant.completed'))!;
  const text = readFileSync(`${folder}${name}`, 'utf8');
  const altered = text.replaceAll('"createOwner"', '"createAnother"');
  expect(altered).not.toBe(text);
  await expect(replay(altered, name)).rejects.toThrow(DeterminismViolationError);
});
