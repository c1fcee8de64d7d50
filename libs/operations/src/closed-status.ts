import { CLOSED_STATUSES } from '@adx/contract-kit';

/** Whether nothing happens any more in an operation of this status. */
export function isClosedStatus(status: string): boolean {
  return (CLOSED_STATUSES as readonly string[]).includes(status);
}
