import { implementReads } from '@adx/activity-middleware';
import { tenantContract } from '@adx/tenant-contract';
import * as handlers from '../../generated/reads.ts';
import type { TenantTx } from '../adapters/database.ts';

/** Every \`*.read.ts\` of this folder. */
export const reads = implementReads<typeof tenantContract, TenantTx>(tenantContract, handlers);
