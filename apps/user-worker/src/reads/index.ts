import { implementReads } from '@adx/activity-middleware';
import { userContract } from '@adx/user-contract';
import * as handlers from '../../generated/reads.ts';
import type { UserTx } from '../adapters/database.ts';

/** Every \`*.read.ts\` of this folder. */
export const reads = implementReads<typeof userContract, UserTx>(userContract, handlers);
