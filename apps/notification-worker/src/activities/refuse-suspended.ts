import { NO_TENANT, failure } from '@adx/contract-kit';
import { accessRows } from '@adx/persistence';
import type { NotificationTx } from '../adapters/database.ts';

/**
 * A service may act whatever the tenant's status, but nothing leaves in the name of one that is suspended. The platform
 * itself is no tenant, and never is.
 *
 * @throws TenantAccessDenied
 */
export async function refuseSuspended(tx: NotificationTx, tenantId: string): Promise<void> {
  if (tenantId === NO_TENANT) return;
  if ((await accessRows(tx).tenantStatus()) !== 'active') {
    throw failure('TenantAccessDenied', 'the tenant is not active: nothing is delivered for it');
  }
}
