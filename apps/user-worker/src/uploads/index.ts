import { implementUploads } from '@adx/activity-middleware';
import { userContract } from '@adx/user-contract';
import * as handlers from '../../generated/uploads.ts';
import type { UserTx } from '../adapters/database.ts';

/** Every `*.upload.ts` of this folder. */
export const uploads = implementUploads<typeof userContract, UserTx>(userContract, handlers);
