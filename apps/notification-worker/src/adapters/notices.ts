import { v7 as uuidV7 } from 'uuid';
import type { NotificationTx } from './database.ts';

/** A message of the platform itself. */
export interface Notice {
  readonly tenantId: string;
  readonly userId: string;
  readonly subject: string;
  readonly body: string;
}

/** Puts a notice into a member's list, and nowhere else. */
export async function writeNotice(tx: NotificationTx, notice: Notice): Promise<void> {
  await tx.notification.create({ data: { ...notice, notificationId: uuidV7() } });
}
