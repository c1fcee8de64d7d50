/** What the standard process is asked for. */
export interface ReferenceRequest {
  readonly tenantId: string;
  readonly userId: string;
  readonly operation: 'Create' | 'Update' | 'Delete';
  readonly resourceType: string;
  readonly email: string;
}

/** One row to import. */
export interface ReferenceItem {
  readonly itemId: string;
  readonly email: string;
}

/** What became of a row. */
export interface ItemResult {
  readonly itemId: string;
  readonly outcome: 'Success' | 'Failed';
  readonly error?: string;
}

/** What became of an import. */
export interface ReferenceImport {
  readonly totalProcessed: number;
  readonly totalFailed: number;
  readonly outcome: 'CompletedSuccessfully' | 'CompletedWithErrors';
}

/** One event of a subscription. */
export interface ReferenceEvent {
  readonly eventId: string;
  readonly type: 'used' | 'cancelled';
  readonly units: number;
}

/** What the event-driven process knows. */
export interface SubscriptionState {
  readonly subscriptionId: string;
  readonly usage: number;
}
