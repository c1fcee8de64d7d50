import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

/** All that the server gives out about a process, and every base64 string in it once more, decoded. */
export async function stored(client: Client, operationId: string): Promise<string> {
  const handle = client.workflow.getHandle(operationId);
  const raw = await client.workflowService.describeWorkflowExecution({
    namespace: 'default',
    execution: { workflowId: operationId },
  });
  const texts = [historyToJSON(await handle.fetchHistory()), JSON.stringify(raw)];
  const inside = texts.flatMap((text) =>
    [...text.matchAll(/"([A-Za-z0-9+/=_-]{8,})"/g)].map(([, word]) => Buffer.from(word!, 'base64').toString('utf8')),
  );
  return [...texts, ...inside].join('\n');
}
