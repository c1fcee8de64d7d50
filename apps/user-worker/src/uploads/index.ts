import { implementUploads } from '@adx/activity-middleware';
import { userContract } from '@adx/user-contract';
import type { UserTx } from '../adapters/database.ts';
import { stageUserImport } from './stage-user-import.upload.ts';

export const uploads = implementUploads<typeof userContract, UserTx>(userContract, { stageUserImport });
