// What is exported here is what is registered.
export { changePlan } from './change-plan.workflow.ts';
export { onboardTenant } from './onboard-tenant.saga.ts';
