import { notificationContract } from '@adx/notification-contract';
import { tenantContract } from '@adx/tenant-contract';
import {
  acceptInvitation,
  findInvitationToken,
  openTenant,
  projected,
  sagaMatrix,
  startInvitation,
  startTestPlatform,
} from '@adx/testing';
import type { OpenTenant, StartedInvitation } from '@adx/testing';
import { userContract } from '@adx/user-contract';

// Every step of an invitation meets every kind of failure, and every undo does, up to its acceptance and behind it.

const platform = await startTestPlatform();
const accepting = new Set<Promise<void>>();
let over = false;
afterAll(async () => {
  over = true;
  await Promise.all(accepting);
  await platform.stop();
});

/** The invited person: reads the mail, and accepts when the process waits for it. */
async function acceptWhenAsked(invitation: StartedInvitation): Promise<void> {
  while (!over) {
    const token = await findInvitationToken(platform, invitation);
    if (token) return void (await acceptInvitation(platform, invitation, token));
    if (await platform.operations.ended(invitation.operationId, 50)) return;
  }
}

async function start(tenant: OpenTenant, boundsScale?: number): Promise<StartedInvitation> {
  const invitation = await startInvitation(platform, tenant, { boundsScale });
  const accepted = acceptWhenAsked(invitation);
  accepting.add(accepted);
  void accepted.then(() => accepting.delete(accepted));
  return invitation;
}

/** What the services hold of the tenant: users, seats, invitations that are open or used, and who may act where. */
async function traces({ tenantId }: OpenTenant) {
  await projected(platform.database, tenantId);
  const { rows } = await platform.database.superuser.query(
    `select (select array_agg(role || ' ' || status order by role, status) from "user".app_user where tenant_id = $1) as users,
            (select count(*)::int from "user".invitation where tenant_id = $1) as invitations,
            (select count(*)::int from "user".invitation where tenant_id = $1 and accepted_at is not null) as accepted,
            (select array_agg(taken_at is not null) from tenant.seat where tenant_id = $1) as seats,
            (select array_agg(roles::text order by roles) from "user".access_member where tenant_id = $1) as "user",
            (select array_agg(roles::text order by roles) from tenant.access_member where tenant_id = $1) as tenant,
            (select array_agg(roles::text order by roles) from notification.access_member where tenant_id = $1) as notification`,
    [tenantId],
  );
  return rows[0] as Record<string, number | string[] | null>;
}

const matrix = await sagaMatrix({
  platform,
  contracts: [tenantContract, userContract, notificationContract],
  // The onboarding's matrix kills workers for real, which takes 10 to 30 s each.
  crashes: 'report',
  given: async () => {
    const tenant = await openTenant(platform);
    await projected(platform.database, tenant.tenantId);
    return tenant;
  },
  start,
  traces,
  whole: async (tenant) =>
    expect(await traces(tenant)).toEqual({
      users: ['member active', 'owner active'],
      invitations: 1,
      accepted: 1,
      seats: [true],
      user: ['{member}', '{owner}'],
      tenant: ['{member}', '{owner}'],
      notification: ['{member}', '{owner}'],
    }),
});

describe('inviteUser', matrix);
