import { bundleWorkflows } from '@adx/workflow-bundle';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';

/** Runs a recorded history through the workflows of this build. @throws DeterminismViolationError */
export type Replay = (history: string) => Promise<void>;

/** @param workflowsPath the file whose exports are the workflow types */
export async function createReplay(workflowsPath: string): Promise<Replay> {
  const { code } = await bundleWorkflows({ workflowsPath });
  return async (text) => {
    const history: unknown = JSON.parse(text);
    await Worker.runReplayHistory({ workflowBundle: { code } }, historyFromJSON(history), operationIdIn(history));
  };
}

/** The workflow id is not in the history itself, but every call carries it. */
function operationIdIn(history: unknown): string {
  for (const { data } of payloadsOf(history)) {
    const value = JSON.parse(Buffer.from(data, 'base64').toString('utf8')) as { operationId?: string } | null;
    if (value?.operationId) return value.operationId;
  }
  throw new Error('the history holds no operation id');
}

function payloadsOf(node: unknown): { data: string }[] {
  if (node === null || typeof node !== 'object') return [];
  const own = 'data' in node && typeof node.data === 'string' && 'metadata' in node ? [node as { data: string }] : [];
  return [...own, ...Object.values(node).flatMap(payloadsOf)];
}
