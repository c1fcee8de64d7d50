import { tenantContract } from '@adx/tenant-contract';
import { maintenance } from '@adx/workflow-patterns';

export const { maintain, followFinding } = maintenance(tenantContract);
