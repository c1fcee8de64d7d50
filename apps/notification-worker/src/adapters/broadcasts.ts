import { failure } from '@adx/contract-kit';
import type { NotificationTx } from './database.ts';

/** A broadcast that nobody else is at until the transaction ends. */
export interface HeldBroadcast {
  readonly tenantId: string;
  readonly broadcastId: string;
  readonly channels: readonly string[];
  readonly total: number;
  /** Members whose turn was, failed ones included. */
  readonly processed: number;
  readonly closed: boolean;
}

/** A message of a batch. */
export interface WrittenMessage {
  readonly notificationId: string;
  readonly userId: string;
}

type Fault = 'MemberRemoved' | 'BatchFailed';

/**
 * Looks the broadcast of an operation up and locks it: a batch, its being set aside and the closing exclude each other.
 *
 * @throws NotFound
 */
export async function holdBroadcast(tx: NotificationTx, tenantId: string, operationId: string): Promise<HeldBroadcast> {
  const rows = (await tx.$queryRaw`
    select tenant_id as "tenantId", broadcast_id as "broadcastId", channels, total, sent + failed as processed,
           closed_at is not null as closed
      from broadcast where tenant_id = ${tenantId}::uuid and operation_id = ${operationId}
      for update`) as readonly HeldBroadcast[];
  if (!rows[0]) throw failure('NotFound', 'no such broadcast');
  return rows[0];
}

/** Writes the message to those of the recipients who have neither message nor fault. */
export async function writeMessages(
  tx: NotificationTx,
  { tenantId, broadcastId }: HeldBroadcast,
  userIds: readonly string[],
): Promise<readonly WrittenMessage[]> {
  return (await tx.$queryRaw`
    insert into notification (tenant_id, notification_id, user_id, subject, body, in_app, broadcast_id)
      select b.tenant_id, uuidv7(), g.user_id, b.subject, b.body, 'in-app' = any(b.channels), b.broadcast_id
        from broadcast b, unnest(${[...userIds]}::uuid[]) as g (user_id)
        where b.tenant_id = ${tenantId}::uuid and b.broadcast_id = ${broadcastId}::uuid
          and not exists (select from broadcast_failure f where f.tenant_id = b.tenant_id
            and f.broadcast_id = b.broadcast_id and f.user_id = g.user_id)
      on conflict (tenant_id, broadcast_id, user_id) do nothing
      returning notification_id as "notificationId", user_id as "userId"`) as readonly WrittenMessage[];
}

/** Records those of the recipients who have no message as having none. @returns how many that are */
export async function refuse(
  tx: NotificationTx,
  { tenantId, broadcastId }: HeldBroadcast,
  userIds: readonly string[],
  reason: Fault,
): Promise<number> {
  if (userIds.length === 0) return 0;
  const refused = (await tx.$queryRaw`
    insert into broadcast_failure (tenant_id, broadcast_id, user_id, reason)
      select ${tenantId}::uuid, ${broadcastId}::uuid, g.user_id, ${reason}
        from unnest(${[...userIds]}::uuid[]) as g (user_id)
        where not exists (select from notification n where n.tenant_id = ${tenantId}::uuid
          and n.broadcast_id = ${broadcastId}::uuid and n.user_id = g.user_id)
      on conflict (tenant_id, broadcast_id, user_id) do nothing
      returning 1`) as readonly unknown[];
  return refused.length;
}

/** How far a broadcast is. */
export interface BroadcastCounts {
  readonly total: number;
  readonly sent: number;
  readonly failed: number;
}

/**
 * Counts what is new with a batch.
 *
 * @returns how many of its recipients have no message, which is the same when it comes a second time; and all counts
 */
export async function countBatch(
  tx: NotificationTx,
  { tenantId, broadcastId }: HeldBroadcast,
  userIds: readonly string[],
  { sent, refused }: { readonly sent: number; readonly refused: number },
): Promise<BroadcastCounts & { readonly failedHere: number }> {
  const [counts] = (await tx.$queryRaw`
    update broadcast set sent = sent + ${sent}, failed = failed + ${refused}
      where tenant_id = ${tenantId}::uuid and broadcast_id = ${broadcastId}::uuid
      returning total, sent, failed, (select count(*)::int from broadcast_failure f
        where f.tenant_id = ${tenantId}::uuid and f.broadcast_id = ${broadcastId}::uuid
          and f.user_id = any(${[...userIds]}::uuid[])) as "failedHere"`) as [
    BroadcastCounts & { readonly failedHere: number },
  ];
  return counts;
}
