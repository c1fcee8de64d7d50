import { CUSTOMER_EVENTS, tenantContract } from '@adx/tenant-contract';
import { entity } from '@adx/workflow-patterns';

const tenant = tenantContract.activities;

/** The subscription of a tenant. Its rules are in the domain, its state in the database; this brings events and times. */
export const tenantSubscription = entity(tenantContract.workflows.tenantSubscription, {
  open: tenant.openSubscription,
  apply: ({ type }) => (CUSTOMER_EVENTS.includes(type) ? tenant.applyCustomerEvents : tenant.applyBillingEvents),
  alarm: tenant.passSubscriptionTime,
});
