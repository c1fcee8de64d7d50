import type { EventEnvelope } from '@adx/contract-kit';

/** For whom an event is applied, and in which operation: that of its delivery. */
export interface InboxContext {
  readonly tenantId: string;
  readonly operationId: string;
  readonly executionKey: string;
}

/** What became of an event. `failed`: the attempt was counted, another is worth it. `dead`: a person must look. */
export interface AppliedEvent {
  readonly event: EventEnvelope;
  readonly outcome: 'applied' | 'held' | 'duplicate' | 'failed' | 'dead';
  readonly error?: unknown;
}

/** The inbox of one service: every event is applied once, and those of an aggregate in the order of their numbers. */
export interface Inbox<Tx> {
  /**
   * Applies an event if it is its turn, and then what was held back for it. Each in a tenant transaction of its own, with
   * its position and its audit entry.
   *
   * @param handle a failure of it is counted; one that is not retryable, or the tenth, makes the event dead
   * @returns what became of the event, and of those that it set free
   * @throws DatabaseError: nothing is counted
   */
  receive(
    event: EventEnvelope,
    context: InboxContext,
    handle: (tx: Tx, event: EventEnvelope) => Promise<void>,
  ): Promise<readonly AppliedEvent[]>;
}
