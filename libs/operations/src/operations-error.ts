/**
 * - `IdempotencyKeyReused`: the key was used before, for something else;
 * - `OperationUnknown`: there is none of this id;
 * - `OperationClosed`: it has ended, so there is nothing to cancel or to resolve;
 * - `KeysDestroyed`: the tenant's payloads can be read no more, and no new ones are written;
 * - `PageUnknown`: the page does not continue a list of this server;
 * - `WorkerUnavailable`: no worker of the process took the message in time; the same request may be repeated;
 * - `TemporalUnavailable`: nobody knows; the same request may be repeated.
 */
export type OperationsErrorCode =
  | 'IdempotencyKeyReused'
  | 'OperationUnknown'
  | 'OperationClosed'
  | 'KeysDestroyed'
  | 'PageUnknown'
  | 'WorkerUnavailable'
  | 'TemporalUnavailable';

/** Why an operation could not be started, shown or changed. */
export class OperationsError extends Error {
  override readonly name = 'OperationsError';
  readonly code: OperationsErrorCode;

  constructor(code: OperationsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
