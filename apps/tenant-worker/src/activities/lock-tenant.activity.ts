import { failure } from '@adx/contract-kit';
import { tenantActivities } from './tenant-activities.ts';

/** How soon a follow-up of the subscription comes again while another change is under way. */
const ITS_TURN_MS = 5_000;

export const lockTenant = tenantActivities.activity('lockTenant', {
  run: async ({ input: { to }, tenantId, tx, fail, operationId, principal }) => {
    // Nobody has asked for it but the subscription, which may have changed again since.
    const follows = principal.kind === 'service';
    const { count } = await tx.tenant.updateMany({
      where: { tenantId, lockedBy: null, status: { notIn: ['pending', to] } },
      data: { lockedBy: operationId },
    });
    if (count === 1 && !follows) return {};
    const row = await tx.tenant.findUnique({ where: { tenantId }, include: { subscription: true } });
    if (!row) throw failure('NotFound', 'no such tenant');
    if (count === 0) {
      if (row.status === 'pending') throw fail.TenantPending({});
      // A person may try again; a follow-up that gave way would leave the tenant as it is for ever.
      if (row.lockedBy !== null && follows) {
        throw failure('LockHeld', 'another change is under way', { retryAfterMs: ITS_TURN_MS });
      }
      if (row.lockedBy !== null) throw fail.TenantBusy({});
      throw fail.StatusUnchanged({ status: to });
    }
    // Looked at behind the lock: a change of the subscription that is not seen here starts a follow-up that waits for us.
    if ((row.subscription?.state === 'suspended') !== (to === 'suspended')) throw fail.Superseded({});
    if (to === 'active' && row.suspendedBy !== 'service') throw fail.SuspendedByOperator({});
    return {};
  },
  undo: async ({ tenantId, tx, operationId }) => {
    await tx.tenant.updateMany({ where: { tenantId, lockedBy: operationId }, data: { lockedBy: null } });
  },
});
