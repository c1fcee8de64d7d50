import { randomUUID } from 'node:crypto';
import {
  addSubject,
  invitationToken,
  openTenant,
  recordsOf,
  startErasure,
  startInvitation,
  startTestPlatform,
} from '@adx/testing';
import type { OpenTenant, Subject, TestPlatform } from '@adx/testing';
import { openGateway } from './test-gateway.ts';
import type { TestGateway } from './test-gateway.ts';

// A person is forgotten in every service, over HTTP and by the gateway's own queue.

let platform: TestPlatform;
let gateway: TestGateway;
let tenant: OpenTenant;
beforeAll(async () => {
  platform = await startTestPlatform();
  gateway = await openGateway(platform);
  tenant = await openTenant(platform);
});
afterAll(async () => {
  await gateway?.close();
  await platform?.stop();
});

const wait = (key: string = randomUUID()) => ({ 'idempotency-key': key, prefer: 'wait=30' });
const owner = () => ({ role: 'owner', tenant: tenant.tenantId, sub: tenant.ownerId }) as const;
const erase = (userId: string, key?: string) =>
  gateway.ask('POST', `/v1/tenants/${tenant.tenantId}/erasures`, { body: { userId }, headers: wait(key) });

/** Writes to a person, in their list and to their mailbox. */
async function tell({ userId }: Subject, body: string): Promise<void> {
  const message = { userId, subject: 'News', body, channels: ['in-app', 'email'] };
  const told = await gateway.ask('POST', '/v1/notifications', { as: owner(), body: message, headers: wait() });
  expect(told.status).toBe(200);
  const end = Date.now() + 30_000;
  const here = () => platform.inbox.messages().some(({ text }) => text.includes(body));
  while (!here()) {
    if (Date.now() > end) throw new Error('the mail did not come');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('nothing of a person is left in any service, and everything of another one is', async () => {
  const [subject, other] = [await addSubject(platform, tenant), await addSubject(platform, tenant)];
  const [said, saidToOther] = [`said ${randomUUID()}`, `said ${randomUUID()}`];
  await tell(subject, said);
  await tell(other, saidToOther);
  expect(await recordsOf(platform, [subject.email])).toEqual(
    expect.arrayContaining(['"user".app_user', '"user".step_ledger', 'notification.step_ledger']),
  );
  const before = await recordsOf(platform, [other.email, saidToOther]);

  const key = randomUUID();
  const erased = await erase(subject.userId, key);
  expect(erased).toMatchObject({ status: 200, body: { status: 'completed', result: { userId: subject.userId } } });
  expect(await recordsOf(platform, [subject.email, said])).toEqual([]);
  expect(await recordsOf(platform, [other.email, saidToOther])).toEqual(before);
  expect((await gateway.ask('GET', `/v1/users/${subject.userId}`, { as: owner() })).status).toBe(404);
  // Asked again, it is the same answer; asked anew, there is nobody.
  expect((await erase(subject.userId, key)).body).toEqual(erased.body);
  expect((await erase(subject.userId)).status).toBe(404);
}, 90_000);

test('a person who has not accepted their invitation is not erased: it is withdrawn', async () => {
  const email = `${randomUUID()}@acme.example`;
  const invitation = await startInvitation(platform, tenant, { email });
  await invitationToken(platform, invitation);
  const { rows } = await platform.database.superuser.query<{ user_id: string }>(
    'select user_id from "user".app_user where email = $1',
    [email],
  );
  expect((await erase(rows[0]!.user_id)).body).toMatchObject({ code: 'user.SubjectInvited' });
  await platform.operations.cancel(invitation.operationId);
  await platform.operations.ended(invitation.operationId, 30_000);
});

test('the last owner is not erased, nor does a member decide who is', async () => {
  expect((await erase(tenant.ownerId)).body).toMatchObject({ code: 'user.LastOwner', operationStatus: 'compensated' });
  const path = `/v1/tenants/${tenant.tenantId}/erasures`;
  const asOwner = await gateway.ask('POST', path, { as: owner(), body: { userId: tenant.ownerId }, headers: wait() });
  expect(asOwner.status).toBe(403);
});

test('a person who is held causes no effect, and is as before when the erasure is cancelled', async () => {
  const subject = await addSubject(platform, tenant);
  platform.faults.set({
    activity: 'eraseUser',
    point: 'before-transaction',
    action: { kind: 'failure', type: 'DatabaseRefused' },
  });
  const { operationId } = await startErasure(platform, subject);
  expect(await platform.operations.ended(operationId, 30_000)).toBe(true);
  expect((await platform.operations.get(operationId))?.status).toBe('compensated');
  platform.faults.set();
  const { rows } = await platform.database.superuser.query<{ roles: string[] }>(
    'select roles from "user".access_member where subject = $1',
    [subject.userId],
  );
  expect(rows).toEqual([{ roles: ['member'] }]);
});
