import { createHash } from 'node:crypto';
import { OperationsError } from './operations-error.ts';

const CHECK_BYTES = 8;

/** The server's token as callers see it. */
export function formatPage(token: Uint8Array): string {
  return Buffer.concat([checkOf(token), token]).toString('base64url');
}

/**
 * The server's token of a page. The check is against accidents, not against forgery, which would gain nothing: the
 * server answers a token that it does not understand as if it were out of order, again and again until the deadline.
 *
 * @throws OperationsError `PageUnknown`
 */
export function parsePage(page: string): Uint8Array {
  const bytes = Buffer.from(page, 'base64url');
  const token = bytes.subarray(CHECK_BYTES);
  if (token.length > 0 && checkOf(token).equals(bytes.subarray(0, CHECK_BYTES))) return token;
  throw new OperationsError('PageUnknown', 'the page does not continue a list; begin without one');
}

function checkOf(token: Uint8Array): Buffer {
  return createHash('sha256').update(token).digest().subarray(0, CHECK_BYTES);
}
