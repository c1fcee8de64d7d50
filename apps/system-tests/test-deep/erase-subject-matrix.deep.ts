import {
  SERVICES_BY_NAME,
  addSubject,
  openTenant,
  projected,
  sagaMatrix,
  startErasure,
  startTestPlatform,
} from '@adx/testing';
import type { Subject } from '@adx/testing';
import { openGateway } from '../test/test-gateway.ts';

// Every step of an erasure meets every kind of failure, and every undo does. The gateway is there for its queue.

const platform = await startTestPlatform();
const gateway = await openGateway(platform);
afterAll(async () => {
  await gateway.close();
  await platform.stop();
});

/** What the services know of a person; whether others were told is a moment later. */
async function traces({ tenantId, userId }: Subject) {
  await projected(platform.database, tenantId);
  const { rows } = await platform.database.superuser.query<Record<string, unknown>>(
    `select (select count(*)::int from "user".app_user where tenant_id = $1 and user_id = $2) as users,
            (select count(*)::int from "user".erasure where tenant_id = $1) as held,
            (select roles from "user".access_member where tenant_id = $1 and subject = $2::text) as "user",
            (select roles from notification.access_member where tenant_id = $1 and subject = $2::text) as notification,
            (select roles from tenant.access_member where tenant_id = $1 and subject = $2::text) as tenant`,
    [tenantId, userId],
  );
  return rows[0] as Record<string, string>;
}

describe(
  'eraseSubject',
  await sagaMatrix({
    platform,
    contracts: Object.values(SERVICES_BY_NAME).map(({ contract }) => contract),
    crashes: 'report',
    given: async () => addSubject(platform, await openTenant(platform)),
    start: (subject, boundsScale) => startErasure(platform, subject, boundsScale),
    traces,
  }),
);
