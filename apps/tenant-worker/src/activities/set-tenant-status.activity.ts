import type { Outbox } from '@adx/activity-middleware';
import { failure } from '@adx/contract-kit';
import { accessRows } from '@adx/persistence';
import { TenantStatus, tenantContract } from '@adx/tenant-contract';
import type { TenantTx } from '../adapters/database.ts';
import { tenantActivities } from './tenant-activities.ts';

const { tenantAccessChanged } = tenantContract.events;

interface Change {
  readonly tenantId: string;
  readonly tx: TenantTx;
  readonly outbox: Outbox<typeof tenantAccessChanged>;
}

export const setTenantStatus = tenantActivities.activity('setTenantStatus', {
  run: async ({ input, fail, ...change }) => {
    const { tenantId, tx } = change;
    const row = await tx.tenant.findUnique({ where: { tenantId } });
    if (!row) throw failure('NotFound', 'no such tenant');
    const before = TenantStatus.parse(row.status);
    if (before === 'pending') throw fail.TenantPending({});
    await setStatus(change, input.status);
    return { before };
  },
  undo: ({ output, ...change }) => setStatus(change, output.before),
});

async function setStatus({ tenantId, tx, outbox }: Change, status: TenantStatus): Promise<void> {
  await tx.tenant.updateMany({ where: { tenantId }, data: { status } });
  await accessRows(tx).openTenant(status);
  outbox.emit(tenantAccessChanged, { status }, { aggregate: 'tenant' });
}
