import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import { bundleWorkflows } from './bundle-workflows.ts';

/**
 * Replays recorded histories against the workflows of today: a process of every recorded version may still be running
 * when they are deployed, and must go on exactly where it is.
 *
 * @returns takes a history as JSON text; rejects with DeterminismViolationError when today's workflow would have written another
 */
export async function createReplay(options: {
  readonly workflowsPath: string;
}): Promise<(history: string) => Promise<void>> {
  const { code } = await bundleWorkflows(options);
  return (history) =>
    Worker.runReplayHistory({ workflowBundle: { code } }, historyFromJSON(JSON.parse(history)), operationIdIn(history));
}

/** The workflow id is not in the history itself, but every call carries it. */
function operationIdIn(history: string): string {
  for (const { data } of payloadsOf(JSON.parse(history))) {
    const value = JSON.parse(Buffer.from(data, 'base64').toString('utf8')) as { operationId?: string } | null;
    if (value?.operationId) return value.operationId;
  }
  throw new Error('the history holds no operation id: only readable histories of operations can be replayed');
}

function payloadsOf(node: unknown): { readonly data: string }[] {
  if (node === null || typeof node !== 'object') return [];
  const own = 'data' in node && typeof node.data === 'string' && 'metadata' in node ? [node as { data: string }] : [];
  return [...own, ...Object.values(node).flatMap(payloadsOf)];
}
