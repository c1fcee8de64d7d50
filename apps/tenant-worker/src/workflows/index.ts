// What is exported here is what is registered.
export { onboardTenant } from './onboard-tenant.saga.ts';
export { tenantSubscription } from './tenant-subscription.entity.ts';
