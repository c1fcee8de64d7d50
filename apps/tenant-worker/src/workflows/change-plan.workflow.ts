import { tenantContract } from '@adx/tenant-contract';
import { standard } from '@adx/workflow-patterns';

/** The tenant on another plan. */
export const changePlan = standard(tenantContract.workflows.changePlan, tenantContract.activities.setPlan);
