import { implementReads } from '@adx/activity-middleware';
import { userContract } from '@adx/user-contract';
import type { UserTx } from '../adapters/database.ts';
import { findInvitation } from './find-invitation.read.ts';
import { getUserImport } from './get-user-import.read.ts';
import { getUser } from './get-user.read.ts';
import { listFailedRows } from './list-failed-rows.read.ts';
import { listUsers } from './list-users.read.ts';

export const reads = implementReads<typeof userContract, UserTx>(userContract, {
  getUser,
  listUsers,
  findInvitation,
  getUserImport,
  listFailedRows,
});
