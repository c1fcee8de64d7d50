// What is exported here is what is registered.
export { onboardTenant } from './onboard-tenant.saga.ts';
