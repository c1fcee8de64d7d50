import { randomUUID } from 'node:crypto';
import type { Inbox } from '@adx/activity-middleware';
import type { EventEnvelope } from '@adx/contract-kit';
import type { UserTx } from './user-database.ts';

/** An event of the tenant service, as a relay would hand it over. */
export function eventOf(seq: number, change: Partial<EventEnvelope> = {}): EventEnvelope {
  return {
    id: randomUUID(),
    type: 'tenant.nameChanged',
    aggregate: 'tenant',
    seq,
    occurredAt: '2026-01-01T00:00:00.000Z',
    payload: { seq },
    ...change,
  };
}

/** Applies an event by leaving a row that says which, in the order in which they were applied. */
export const leaveARow =
  (tenantId: string) =>
  async (tx: UserTx, { aggregate, seq }: EventEnvelope): Promise<void> => {
    const number = (await tx.user.count()) + 1;
    await tx.user.create({
      data: { tenantId, userId: randomUUID(), email: `${number}:${aggregate}:${seq}`, role: 'member' },
    });
  };

/** A delivery in an operation of its own. */
export function delivery(inbox: Inbox<UserTx>, tenantId: string, handle = leaveARow(tenantId)) {
  const operationId = `${tenantId}:deliverEvents:${randomUUID()}`;
  const context = { tenantId, operationId, executionKey: `${operationId}/run` };
  return async (event: EventEnvelope) =>
    (await inbox.receive(event, context, handle)).map(({ event: { seq }, outcome }) => `${seq} ${outcome}`);
}
