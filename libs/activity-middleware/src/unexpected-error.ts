import { ApplicationFailure, CancelledFailure } from '@temporalio/common';

const ADDRESS = /[^\s@<>"(),:;]+@[^\s@<>"'(),:;]+/g;
const LONGEST_MESSAGE = 300;

/**
 * Makes a failure of whatever an attempt threw. What nobody declared is worth another attempt, perhaps of another
 * build. Its message enters the history, so it is cut, and mail addresses are taken out.
 */
export function asFailure(error: unknown): Error {
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
  return ApplicationFailure.create({
    type: 'UnexpectedError',
    message: `${name}: ${message.replace(ADDRESS, '[address]').slice(0, LONGEST_MESSAGE)}`,
    nonRetryable: false,
  });
}
