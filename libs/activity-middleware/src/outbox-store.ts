import type { Json } from '@adx/contract-kit';
import type { OutboxRow } from './outbox.ts';

/** A row that waits in the outbox. */
export interface PendingRow {
  readonly id: string;
  readonly eventId: string;
  readonly kind: OutboxRow['kind'] | 'redelivery';
  readonly aggregate: string;
  readonly seq: number;
  readonly payload: Json;
  readonly createdAt: Date;
}

/** What is delivered at once: rows of one tenant for one target; several only when they are events. */
export interface OutboxBatch {
  readonly tenantId: string;
  readonly kind: PendingRow['kind'];
  readonly target: string;
  readonly rows: readonly [PendingRow, ...PendingRow[]];
}

/** Thrown by a delivery that nobody is to blame for: it costs no attempt. */
export class DeliveryUnavailable extends Error {
  override readonly name = 'DeliveryUnavailable';
}

/** The outbox of one service, of all its tenants. */
export interface OutboxStore {
  /**
   * Takes what is due, the oldest row of each aggregate first, has it delivered, and removes it. Rows are held meanwhile,
   * so that several relays are safe; a relay that dies in between delivers again.
   *
   * @returns how many rows were taken
   * @throws DeliveryUnavailable when the delivery did; what was delivered before is removed all the same
   */
  work(deliver: (batch: OutboxBatch) => Promise<void>): Promise<number>;
  /** Milliseconds that the oldest row has waited; 0 when none waits. Dead rows do not count. */
  lag(): Promise<number>;
  /** @returns ends the listening */
  listen(onNews: () => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}
