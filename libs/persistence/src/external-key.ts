import { createHash } from 'node:crypto';
import type { StepRequest } from '@adx/activity-middleware';

/**
 * The idempotency key of a step's call to another system: the same for every attempt and for its undo, and without
 * meaning to anybody else.
 */
export function externalKey({ principal, executionKey, step }: StepRequest): string {
  return createHash('sha256').update(`${principal.tenantId}\n${executionKey}\n${step}`).digest('base64url');
}
