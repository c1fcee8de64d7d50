import { tenantContract } from '@adx/tenant-contract';
import { saga } from '@adx/workflow-patterns';
import { changeTenantStatus } from './change-tenant-status.ts';

/** Nobody of the tenant causes an effect in any service any more, or all is as before. */
export const suspendTenant = saga(
  tenantContract.workflows.suspendTenant,
  (run) => changeTenantStatus(run, 'suspended'),
  { deadline: '15m' },
);
