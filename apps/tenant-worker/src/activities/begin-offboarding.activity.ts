import { failure, milliseconds } from '@adx/contract-kit';
import { accessRows } from '@adx/persistence';
import { TenantStatus } from '@adx/tenant-contract';
import { tenantActivities } from './tenant-activities.ts';

export const beginOffboarding = tenantActivities.activity('beginOffboarding', {
  run: async ({ tenantId, tx, fail, operationId, offboardingGrace: grace }) => {
    const row = await tx.tenant.findUnique({ where: { tenantId } });
    if (!row) throw failure('NotFound', 'no such tenant');
    const { status: statusBefore, statusVersion } = row;
    if (statusBefore === 'pending') throw fail.TenantPending({});
    // A change that has come between has another number.
    const [tenant] = await tx.tenant.updateManyAndReturn({
      where: { tenantId, lockedBy: null, statusVersion },
      data: { lockedBy: operationId, status: 'suspended', statusVersion: { increment: 1 } },
    });
    if (!tenant) throw fail.TenantBusy({});
    await accessRows(tx).openTenant('suspended');
    const beganAt = new Date();
    const removalAt = new Date(beganAt.getTime() + milliseconds(grace));
    await tx.offboarding.create({ data: { tenantId, operationId, statusBefore, beganAt, removalAt } });
    return { version: Number(tenant.statusVersion), grace };
  },
  // The number is used up: a service may have seen it.
  undo: async ({ tenantId, tx, operationId }) => {
    const { statusBefore } = await tx.offboarding.delete({ where: { tenantId, operationId } });
    const status = TenantStatus.parse(statusBefore);
    await tx.tenant.updateMany({ where: { tenantId, lockedBy: operationId }, data: { status, lockedBy: null } });
    await accessRows(tx).openTenant(status);
  },
});
