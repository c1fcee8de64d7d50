import type { ReadHandlers } from '@adx/activity-middleware';
import { failure } from '@adx/contract-kit';
import type { userContract } from '@adx/user-contract';
import type { UserTx } from '../adapters/database.ts';
import { isSameProof } from '../domain/token-proof.ts';

type FindInvitation = ReadHandlers<typeof userContract, UserTx>['findInvitation'];

export const findInvitation: FindInvitation = async ({ input, tenantId, tx }) => {
  const invitation = await tx.invitation.findFirst({ where: { tenantId, operationId: input.operationId } });
  if (!invitation || !isSameProof(invitation.tokenHash, input.proof)) throw failure('NotFound', 'no such invitation');
  return { accepted: invitation.acceptedAt !== null };
};
