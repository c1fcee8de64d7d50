import { declaredError } from '@adx/contract-kit';
import { notificationContract } from '@adx/notification-contract';
import { tenantContract } from '@adx/tenant-contract';
import { userContract } from '@adx/user-contract';
import { saga } from '@adx/workflow-patterns';
import type { SagaRun } from '@adx/workflow-patterns';

const user = userContract.activities;
const tenant = tenantContract.activities;
const { inviteUser: definition } = userContract.workflows;

/** A user as soon as the invitation is accepted; expired or withdrawn, it leaves neither user nor seat nor token. */
export const inviteUser = saga(
  definition,
  async (run, { email, role }) => {
    const { userId } = await run.step(user.addInvitedUser, { email, role });
    const { tenantName } = await run.step(tenant.reserveSeat, { userId });
    // The token is born there and is in the mail alone.
    const { proof } = await run.step(notificationContract.activities.sendInvitation, { email, tenantName });
    // Last, so that its undo comes first: what is withdrawn opens nothing from that moment on.
    await run.step(user.openInvitation, { userId, proof });

    const live = await run.pivot(user.activateUser, { proof: await acceptance(run) });
    await live.tail(tenant.takeSeat, { userId });
    return { userId };
  },
  { deadline: '8d' },
);

async function acceptance(run: SagaRun<typeof definition.signals>): Promise<string> {
  for (;;) {
    const told = await run.waitFor('accepted', { within: '7d' });
    if (told === undefined) throw declaredError('user', 'InvitationExpired', {});
    // The gateway has asked before; what got past it must not end the invitation, only be of no use.
    if ((await run.read(user.checkAcceptance, told)).good) return told.proof;
  }
}
