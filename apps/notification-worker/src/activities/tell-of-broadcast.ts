import { UserId } from '@adx/notification-contract';
import type { BroadcastCounts } from '../adapters/broadcasts.ts';
import type { NotificationTx } from '../adapters/database.ts';
import { writeNotice } from '../adapters/notices.ts';
import { progressNotice } from '../domain/progress-notice.ts';
import type { Progress } from '../domain/progress-notice.ts';

/** Tells the user who has started a broadcast how far it is. */
export async function tellOfBroadcast(
  tx: NotificationTx,
  { tenantId, startedBy }: { readonly tenantId: string; readonly startedBy: string },
  progress: Progress,
  { total, sent, failed }: BroadcastCounts,
): Promise<void> {
  const user = UserId.safeParse(startedBy);
  if (!user.success) return;
  const body = `Of ${total} members ${sent} have the message, and ${failed} could not get it.`;
  await writeNotice(tx, { tenantId, userId: user.data, ...progressNotice('broadcast', progress, body) });
}
