import { condition, defineQuery, defineSignal, log, proxyActivities, setHandler, sleep } from '@temporalio/workflow';
import type { ReferenceActivities } from './activities.ts';
import type { ItemResult, ReferenceEvent, ReferenceImport, ReferenceItem, ReferenceRequest } from './types.ts';

const { validateTenantAccess } = proxyActivities<ReferenceActivities>({
  startToCloseTimeout: '30s',
  retry: { initialInterval: '1s', maximumInterval: '10s', maximumAttempts: 3 },
});
const { createResource, writeAuditEntry, saveProgress, notifyUser, processEvent, followUp } =
  proxyActivities<ReferenceActivities>({ startToCloseTimeout: '10s' });
const { processBatch } = proxyActivities<ReferenceActivities>({
  startToCloseTimeout: '5m',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '10s', maximumInterval: '5m', maximumAttempts: 3 },
});

export async function standardProcess(request: ReferenceRequest) {
  log.info('business process started');
  await validateTenantAccess(request.tenantId, request.userId, request.resourceType);
  const resourceId = await createResource(request);
  await writeAuditEntry({ ...request, resourceId });
  log.info('business process completed');
  return { resourceId, status: 'Completed', metadata: {}, completedAt: Date.now() };
}

const BATCH = 10;
const CHECKPOINT_ITEMS = 50;
const REST_BATCHES = 10;

export async function longRunningProcess(
  processId: string,
  userId: string,
  items: readonly ReferenceItem[],
): Promise<ReferenceImport> {
  let processed = 0;
  const failed: ItemResult[] = [];
  for (let from = 0, batch = 1; from < items.length; from += BATCH, batch += 1) {
    const results = await processBatch(processId, items.slice(from, from + BATCH));
    processed += results.length;
    failed.push(...results.filter(({ outcome }) => outcome === 'Failed'));
    if (processed % CHECKPOINT_ITEMS === 0) {
      await saveProgress(processId, processed, failed.length);
      await notifyUser(userId, `${Math.round((processed * 100) / items.length)} %`);
    }
    if (batch % REST_BATCHES === 0) await sleep(100);
  }
  await saveProgress(processId, processed, failed.length);
  await notifyUser(userId, `${processed - failed.length} succeeded, ${failed.length} failed`);
  const outcome = failed.length > 0 ? 'CompletedWithErrors' : 'CompletedSuccessfully';
  return { totalProcessed: processed, totalFailed: failed.length, outcome };
}

export const eventSignal = defineSignal<[ReferenceEvent]>('event');
export const countQuery = defineQuery<number>('count');

export async function eventDrivenProcess(subscriptionId: string) {
  const queue: ReferenceEvent[] = [];
  let state = { subscriptionId, usage: 0 };
  let count = 0;
  setHandler(eventSignal, (event) => void queue.push(event));
  setHandler(countQuery, () => count);
  for (;;) {
    if (!(await condition(() => queue.length > 0, '24h'))) return { state, count, reason: 'Timeout' };
    const { newState, shouldComplete, requiresFollowup } = await processEvent(queue.shift()!, state);
    state = newState;
    count += 1;
    if (shouldComplete) return { state, count, reason: 'EventTriggered' };
    if (requiresFollowup) await followUp(subscriptionId);
  }
}
