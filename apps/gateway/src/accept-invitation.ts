import { createHash } from 'node:crypto';
import { CLOSED_STATUSES, isFailure } from '@adx/contract-kit';
import { OperationsError } from '@adx/operations';
import type { OperationView } from '@adx/operations';
import { parseInvitationToken, userContract } from '@adx/user-contract';
import type { GatewayParts } from './gateway-parts.ts';
import { notFound } from './problem.ts';

const { inviteUser } = userContract.workflows;
const { findInvitation } = userContract.reads;

/** Who has nothing but a token: no member of any tenant, so that no effect is allowed to it. */
const INVITEE = 'invitee';

/**
 * Tells the process of an invitation that its token came back.
 *
 * @returns false while nobody knows if the process has it: the same request may be repeated
 * @throws HttpProblem 404, the same one for every token that opens nothing: unknown, used, expired or withdrawn
 */
export async function acceptInvitation(
  { operations, signer, reads }: GatewayParts,
  request: { readonly token: string; readonly idempotencyKey: string; readonly traceparent: string },
): Promise<boolean> {
  const { token, idempotencyKey, traceparent } = request;
  const named = parseInvitationToken(token);
  if (!named) throw notFound();
  const { tenantId, operationId } = named;
  // From here on the token itself goes nowhere.
  const proof = hashOf(token);
  const principal = await signer.sign({ sub: INVITEE, kind: 'user', tenantId, roles: [] });
  // Its owner first: a wrong token must not reach the process, whose history would grow by guesses.
  await reads.ask(findInvitation, { operationId, proof }, principal);
  try {
    const told = await operations.tell(inviteUser, operationId, {
      signal: 'accepted',
      payload: { proof },
      principal,
      traceparent,
      // The same request gets its answer also after the process has ended; another one with a used token does not.
      updateId: hashOf(`${proof}\n${idempotencyKey}`),
    });
    return told !== undefined;
  } catch (error) {
    if (error instanceof OperationsError && error.code === 'OperationClosed') throw notFound();
    if (!isFailure(error, 'SignalRefused')) throw error;
    const view = await operations.get(operationId);
    if (view && wasTold(view)) return true;
    throw notFound();
  }
}

/** It waits no longer, because the token came before: until it has ended, that is the answer to whoever repeats it. */
function wasTold({ status, cancellable, stale, error }: OperationView): boolean {
  const isOver = status === 'compensating' || (CLOSED_STATUSES as readonly string[]).includes(status);
  return !isOver && !cancellable && !stale && error === undefined;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
