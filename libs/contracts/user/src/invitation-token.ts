import { parseOperationId } from '@adx/contract-kit';

/** What a token says to everybody; whether it is good only its owner can tell. */
export interface InvitationToken {
  readonly tenantId: string;
  readonly operationId: string;
}

const TOKEN = /^([^.]+)\.[A-Za-z0-9_-]{43}$/;

/** The longest operation id, a dot, and 256 bits. */
export const LONGEST_INVITATION_TOKEN = 300;

/**
 * A one-time token: which invitation it is for, in clear, and what nobody can guess.
 *
 * @param secret 256 bits, base64url
 */
export function formatInvitationToken(operationId: string, secret: string): string {
  return `${operationId}.${secret}`;
}

/** Undefined when it cannot be one. */
export function parseInvitationToken(token: string): InvitationToken | undefined {
  const operationId = TOKEN.exec(token)?.[1] ?? '';
  const parts = parseOperationId(operationId);
  return parts?.workflowType === 'inviteUser' ? { tenantId: parts.tenantId, operationId } : undefined;
}
