import { createHash, createHmac } from 'node:crypto';

/**
 * The secret part of an invitation's token, 256 bits, base64url: the same at every attempt of a step, so that a repeated
 * mail is the same mail, and stored nowhere.
 *
 * @param root the key of all invitations
 * @param step the idempotency key of the step that sends it
 */
export function secretFrom(root: string, step: string): string {
  return createHmac('sha256', root).update(`invitation\n${step}`).digest('base64url');
}

/** What may travel and be stored in the place of a token. */
export function proofOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
