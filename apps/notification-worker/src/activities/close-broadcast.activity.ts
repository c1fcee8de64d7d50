import { percentageOf } from '@adx/contract-kit';
import { holdBroadcast } from '../adapters/broadcasts.ts';
import type { BroadcastCounts } from '../adapters/broadcasts.ts';
import { notificationActivities } from './notification-activities.ts';
import { tellOfBroadcast } from './tell-of-broadcast.ts';

export const closeBroadcast = notificationActivities.activity('closeBroadcast', {
  run: async ({ input: { ending }, tenantId, operationId, tx, principal }) => {
    // Waits for a batch under way; one that comes later finds it closed.
    const { broadcastId } = await holdBroadcast(tx, tenantId, operationId);
    const [closed] = (await tx.$queryRaw`
      update broadcast set closed_at = now(), total = case ${ending} when 'finished' then sent + failed else total end
        where tenant_id = ${tenantId}::uuid and broadcast_id = ${broadcastId}::uuid
        returning total, sent, failed`) as [BroadcastCounts];
    const { total, sent, failed } = closed;
    const percentage = percentageOf(sent + failed, total);
    await tellOfBroadcast(tx, { tenantId, startedBy: principal.sub }, { ending, percentage }, closed);
    return { total, processed: sent + failed, sent, failed };
  },
});
