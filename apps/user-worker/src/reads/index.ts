import { implementReads } from '@adx/activity-middleware';
import { userContract } from '@adx/user-contract';
import type { UserTx } from '../adapters/database.ts';
import { getUser } from './get-user.read.ts';
import { listUsers } from './list-users.read.ts';

export const reads = implementReads<typeof userContract, UserTx>(userContract, { getUser, listUsers });
