import { acceptInvitation, invitationToken, openTenant, projected, startInvitation } from '@adx/testing';
import type { StartedInvitation, TestPlatform } from '@adx/testing';
import { ended } from './lived.ts';
import type { Recorded } from './lived.ts';

/** Seven days are half a minute, and the day until the deadline is long enough for the steps before. */
const SHORT = 5e-5;

/** What an invitation may have lived through. */
export const inviteUser: Recorded = {
  app: 'user-worker',
  behaviours: {
    completed: async (platform) => {
      const invitation = await start(platform);
      await acceptInvitation(platform, invitation, await invitationToken(platform, invitation));
      return ended(platform, invitation);
    },
    'completed-after-a-wrong-proof': async (platform) => {
      const invitation = await start(platform);
      const token = await invitationToken(platform, invitation);
      await acceptInvitation(platform, invitation, `${token}x`);
      await acceptInvitation(platform, invitation, token);
      return ended(platform, invitation);
    },
    'compensated-after-a-declared-error': async (platform) => {
      platform.faults.set({
        activity: 'reserveSeat',
        point: 'before-transaction',
        action: { kind: 'declared', name: 'NoSeatLeft', details: {} },
      });
      return ended(platform, await start(platform));
    },
    'compensated-when-expired': async (platform) => ended(platform, await start(platform, SHORT)),
    'cancelled-when-withdrawn': async (platform) => {
      const invitation = await start(platform);
      await invitationToken(platform, invitation);
      await platform.operations.cancel(invitation.operationId);
      return ended(platform, invitation);
    },
  },
};

async function start(platform: TestPlatform, boundsScale?: number): Promise<StartedInvitation> {
  const tenant = await openTenant(platform);
  await projected(platform.database, tenant.tenantId);
  return startInvitation(platform, tenant, { boundsScale });
}
