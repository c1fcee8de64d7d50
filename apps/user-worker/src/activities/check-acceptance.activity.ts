import { isSameProof } from '../domain/token-proof.ts';
import { userActivities } from './user-activities.ts';

export const checkAcceptance = userActivities.activity('checkAcceptance', {
  run: async ({ input, tenantId, tx, operationId }) => {
    const invitation = await tx.invitation.findFirst({ where: { tenantId, operationId } });
    return { good: invitation !== null && isSameProof(invitation.tokenHash, input.proof) };
  },
});
