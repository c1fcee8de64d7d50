import { isGrpcDeadlineError, isGrpcServiceError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { OperationsError } from './operations-error.ts';

/** A server that is there answers in milliseconds; a caller must not wait much longer to learn that it is not. */
const DEADLINE_MS = 5_000;
/**
 * gRPC's CANCELLED, RESOURCE_EXHAUSTED and UNAVAILABLE: another moment, another answer. Nobody here cancels a call: it
 * is how the server ends one whose deadline it sees pass before the client does.
 */
const ANOTHER_TIME: ReadonlySet<number> = new Set([1, 8, 14]);
/** What is told of a tenant whose keys were destroyed. */
const DESTROYED = 'the keys of the tenant were destroyed: what was stored for it is unreadable, and nothing is added';

/**
 * Runs one call to the server within a bound.
 *
 * @throws OperationsError `TemporalUnavailable`, `OperationUnknown`, `KeysDestroyed`
 */
export async function callTemporal<T>(client: Client, call: () => Promise<T>, withinMs = DEADLINE_MS): Promise<T> {
  try {
    return await client.connection.withDeadline(Date.now() + withinMs, call);
  } catch (error) {
    if (isGone(error)) throw new OperationsError('OperationUnknown', 'there is no operation of this id');
    if (isUnavailable(error)) {
      throw new OperationsError('TemporalUnavailable', 'the workflow service does not answer', { cause: error });
    }
    if (isWithFault(error, 'KeyDestroyed')) throw new OperationsError('KeysDestroyed', DESTROYED, { cause: error });
    throw error;
  }
}

/** Whether the server could not be asked, or did not answer in time. */
export function isUnavailable(error: unknown): boolean {
  return (
    isWithFault(error, 'KeysUnavailable') ||
    chain(error).some((one) => isGrpcDeadlineError(one) || (isGrpcServiceError(one) && ANOTHER_TIME.has(one.code)))
  );
}

/** What the payload codec says of a tenant's keys: known by its tag, as the codec is the caller's choice. */
function isWithFault(error: unknown, fault: string): boolean {
  return chain(error).some((one) => one instanceof Error && 'fault' in one && one.fault === fault);
}

/** Whether the server knows no running workflow of this id. */
export function isGone(error: unknown): boolean {
  return chain(error).some((one) => one instanceof WorkflowNotFoundError);
}

function chain(error: unknown): unknown[] {
  const errors: unknown[] = [];
  for (let one = error; one instanceof Error && errors.length < 10; one = one.cause) errors.push(one);
  return errors;
}
