// What is exported here is what is registered.
export { changePlan } from './change-plan.workflow.ts';
export { deliverEvents } from '@adx/workflow-patterns';
export { followFinding, maintain } from './maintenance.ts';
export { offboardTenant } from './offboard-tenant.saga.ts';
export { onboardTenant } from './onboard-tenant.saga.ts';
export { resumeTenant } from './resume-tenant.saga.ts';
export { suspendTenant } from './suspend-tenant.saga.ts';
export { tenantSubscription } from './tenant-subscription.entity.ts';
