import { notificationContract } from '@adx/notification-contract';
import { tenantContract } from '@adx/tenant-contract';
import { projected, sagaMatrix, startOnboarding, startTenantStatusChange } from '@adx/testing';
import type { TestPlatform } from '@adx/testing';
import { userContract } from '@adx/user-contract';

const contracts = [tenantContract, userContract, notificationContract];
export type StatusChange = 'suspendTenant' | 'resumeTenant';
type Status = 'active' | 'suspended';

export async function ended(platform: TestPlatform, operationId: string): Promise<void> {
  if (!(await platform.operations.ended(operationId, 90_000))) throw new Error(`${operationId} did not end`);
}

/** A tenant of which every service knows that it has this status. */
export async function tenantOf(platform: TestPlatform, status: Status): Promise<string> {
  const { tenantId, operationId } = await startOnboarding(platform);
  await ended(platform, operationId);
  // The others learn by an event that it is active.
  await projected(platform.database, tenantId);
  if (status === 'suspended') {
    await ended(platform, (await startTenantStatusChange(platform, 'suspendTenant', { tenantId })).operationId);
  }
  return tenantId;
}

/** What the three services say of the tenant, and whether it is locked. */
export async function traces(platform: TestPlatform, tenantId: string): Promise<Record<string, string | boolean>> {
  const { rows } = await platform.database.superuser.query<Record<string, string | boolean>>(
    `select t.status, t.locked_by is not null as locked,
            (select status from tenant.access_tenant where tenant_id = $1) as tenant,
            (select status from "user".access_tenant where tenant_id = $1) as "user",
            (select status from notification.access_tenant where tenant_id = $1) as notification
       from tenant.tenant t where tenant_id = $1`,
    [tenantId],
  );
  return rows[0]!;
}
/** The failure matrix of a change, from tenants that have the status before it. */
export const matrixOf = (platform: TestPlatform, process: StatusChange, before: Status) =>
  sagaMatrix({
    platform,
    contracts,
    // The onboarding's matrix kills workers for real, which takes 10 to 30 s each.
    crashes: 'report',
    given: () => tenantOf(platform, before),
    start: (tenantId, boundsScale) => startTenantStatusChange(platform, process, { tenantId, boundsScale }),
    traces: (tenantId) => traces(platform, tenantId),
  });
