import type { Outbox } from '@adx/activity-middleware';
import { tenantContract } from '@adx/tenant-contract';
import type { Subscription } from '../domain/subscription.ts';

const { suspendTenant, resumeTenant } = tenantContract.workflows;

/**
 * Lets the tenant's status follow its subscription: the change starts with the commit of what asks for it, or not at
 * all. The starts have no order among themselves; `lockTenant` sees to it that the last word is the subscription's.
 *
 * @param cause what brought the subscription there; the same cause is the same operation
 */
export function followSubscription(
  before: Subscription['state'],
  after: Subscription['state'],
  cause: string,
  outbox: Pick<Outbox, 'start'>,
): void {
  const key = `subscription/${cause}`;
  if (before !== 'suspended' && after === 'suspended') outbox.start(suspendTenant, {}, { key });
  // A suspension that ends with the subscription is lifted by nobody.
  if (before === 'suspended' && after === 'active') outbox.start(resumeTenant, {}, { key });
}
