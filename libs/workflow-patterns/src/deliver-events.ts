import { APPLY_EVENTS_ACTIVITY, parseOperationId } from '@adx/contract-kit';
import type { Call, EventEnvelope, Json } from '@adx/contract-kit';
import { proxyActivities, workflowInfo } from '@temporalio/workflow';

/**
 * Hands events to the inbox of the service on whose queue it runs, until it has taken them: what the source's relay has
 * started here, it has deleted. Every worker registers it.
 */
export async function deliverEvents(events: readonly EventEnvelope[], call: Call): Promise<Json> {
  const { workflowId, firstExecutionRunId } = workflowInfo();
  const fairnessKey = parseOperationId(workflowId)?.tenantId;
  const kernel = proxyActivities<Record<string, (...a: readonly unknown[]) => Promise<Json>>>({
    // How long events wait that a worker had in its hands when it died. An attempt that takes longer has lost nothing: each
    // event is a transaction of its own, and the next attempt finds what is applied.
    startToCloseTimeout: '20s',
    // Without an end: a database that is down for a day must not lose an event. Dead ones do not come back here.
    retry: { initialInterval: '500ms', maximumInterval: '30s', backoffCoefficient: 2 },
    ...(fairnessKey === undefined ? {} : { priority: { fairnessKey } }),
  });
  const executionKey = `${workflowId}/${firstExecutionRunId}`;
  return kernel[APPLY_EVENTS_ACTIVITY]!(events, { ...call, operationId: workflowId, executionKey });
}
