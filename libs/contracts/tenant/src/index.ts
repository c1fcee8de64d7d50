export { LONGEST_GRACE, OffboardingGrace } from './offboarding.ts';
export { Plan } from './plan.ts';
export { BillingEvent, CUSTOMER_EVENTS, CustomerEvent, SubscriptionEvent, SubscriptionState } from './subscription.ts';
export { Slug, TenantId, TenantStatus, tenantContract } from './tenant.contract.ts';
export type { OnboardTenantInput } from './tenant.contract.ts';
