import { implementReads } from '@adx/activity-middleware';
import { notificationContract } from '@adx/notification-contract';
import * as handlers from '../../generated/reads.ts';
import type { NotificationTx } from '../adapters/database.ts';

/** Every \`*.read.ts\` of this folder. */
export const reads = implementReads<typeof notificationContract, NotificationTx>(notificationContract, handlers);
