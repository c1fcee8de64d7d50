import { implementReads } from '@adx/activity-middleware';
import { tenantContract } from '@adx/tenant-contract';
import type { TenantTx } from '../adapters/database.ts';
import { getSubscription } from './get-subscription.read.ts';
import { getTenant } from './get-tenant.read.ts';

export const reads = implementReads<typeof tenantContract, TenantTx>(tenantContract, { getTenant, getSubscription });
