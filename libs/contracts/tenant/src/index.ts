export { Plan, Slug, TenantId, TenantStatus, tenantContract } from './tenant.contract.ts';
export type { OnboardTenantInput } from './tenant.contract.ts';
