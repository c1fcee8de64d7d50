import { failure } from '@adx/contract-kit';
import { accessRows } from '@adx/persistence';
import { TenantStatus } from '@adx/tenant-contract';
import type { TenantTx } from '../adapters/database.ts';
import { tenantActivities } from './tenant-activities.ts';

export const setTenantStatus = tenantActivities.activity('setTenantStatus', {
  run: async ({ input, tenantId, tx, fail, principal }) => {
    const row = await tx.tenant.findUnique({ where: { tenantId } });
    if (!row) throw failure('NotFound', 'no such tenant');
    const before = TenantStatus.parse(row.status);
    if (before === 'pending') throw fail.TenantPending({});
    const version = Number(row.statusVersion) + 1;
    await setStatus(tx, { tenantId, status: input.status, version });
    if (input.status === 'suspended') {
      const suspendedBy = principal.kind === 'service' ? 'service' : 'operator';
      await tx.tenant.updateMany({ where: { tenantId }, data: { suspendedBy } });
    }
    return { before, version };
  },
  // The number is used up: a service may have seen it.
  undo: ({ output, tenantId, tx }) => setStatus(tx, { tenantId, status: output.before, version: output.version }),
});

async function setStatus(
  tx: TenantTx,
  { tenantId, status, version }: { readonly tenantId: string; readonly status: TenantStatus; readonly version: number },
): Promise<void> {
  await tx.tenant.updateMany({ where: { tenantId }, data: { status, statusVersion: version } });
  await accessRows(tx).openTenant(status);
}
