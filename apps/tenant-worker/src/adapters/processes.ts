import { Context } from '@temporalio/activity';

const REASON = 'the tenant is gone';
const AT_ONCE = 100;
/** The list follows what happens a moment later; who looks at once is told of those that have just been ended. */
const LIST_LAG_MS = 250;

/**
 * Ends every process of a tenant, by the connection of the worker whose activity calls it. Not as a cancellation: what
 * they would undo goes as well.
 *
 * @returns how many were ended
 */
export async function endProcessesOf(tenantId: string): Promise<number> {
  const { client, sleep } = Context.current();
  const { namespace } = client.options;
  const query = `TenantId = "${tenantId}" and ExecutionStatus = "Running"`;
  for (let ended = 0; ;) {
    // Not the client's own list, which would decode their memos.
    const { executions } = await client.workflowService.listWorkflowExecutions({ namespace, query, pageSize: AT_ONCE });
    if (!executions?.length) return ended;
    for (const { execution } of executions) {
      const handle = client.workflow.getHandle(execution!.workflowId!, execution!.runId!);
      try {
        await handle.terminate(REASON);
        ended += 1;
      } catch (error) {
        // It has ended by itself.
        if (!(error instanceof Error && error.name === 'WorkflowNotFoundError')) throw error;
      }
    }
    await sleep(LIST_LAG_MS);
  }
}
