import { tenantContract } from '@adx/tenant-contract';
import { saga } from '@adx/workflow-patterns';
import { changeTenantStatus } from './change-tenant-status.ts';

/** The members of the tenant work again in every service, or all is as before. */
export const resumeTenant = saga(tenantContract.workflows.resumeTenant, (run) => changeTenantStatus(run, 'active'), {
  deadline: '15m',
});
