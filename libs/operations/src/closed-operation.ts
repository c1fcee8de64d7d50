import type { Client } from '@temporalio/client';
import { OperationsError } from './operations-error.ts';
import { callTemporal } from './temporal-calls.ts';

/**
 * Sends a message to a running operation. To the server one that has ended is not there any more; to a caller that is
 * another answer than one that never was.
 *
 * @throws OperationsError `OperationClosed`, `OperationUnknown`, `TemporalUnavailable`
 */
export async function tellRunning<T>(client: Client, operationId: string, tell: () => Promise<T>): Promise<T> {
  try {
    return await callTemporal(client, tell);
  } catch (error) {
    if (!(error instanceof OperationsError && error.code === 'OperationUnknown')) throw error;
    await callTemporal(client, () => client.workflow.getHandle(operationId).describe());
    throw new OperationsError('OperationClosed', 'the operation has ended', { cause: error });
  }
}
