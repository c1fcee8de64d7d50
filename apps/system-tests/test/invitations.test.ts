import { randomBytes, randomUUID } from 'node:crypto';
import { waitUntil } from '@adx/local-parts';
import type { TokenRequest } from '@adx/local-parts';
import { decodeHistory } from '@adx/payload-codec';
import { SERVICES } from '@adx/services';
import {
  acceptInvitation,
  invitationToken,
  openTenant,
  projected,
  proofOf,
  startInvitation,
  startTestPlatform,
} from '@adx/testing';
import type { OpenTenant, StartedInvitation, TestPlatform } from '@adx/testing';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { stored } from './stored.ts';
import { openGateway } from './test-gateway.ts';
import type { TestGateway } from './test-gateway.ts';

// Invitations through the gateway, with the mail as it arrives: what its token does, and what no other token does.

/** Of the plan that tenants of tests have. */
const SEATS = 3;
/** Seven days are half a minute, and the day between the two ends of an invitation is long enough for its steps. */
const DAYS_IN_SECONDS = 5e-5;

let platform: TestPlatform;
let gateway: TestGateway;
beforeAll(async () => {
  platform = await startTestPlatform({
    env: { ADX_SEATS: JSON.stringify({ free: 0, team: SEATS, enterprise: 0 }) },
  });
  gateway = await openGateway(platform);
}, 60_000);
afterAll(async () => {
  await gateway?.close();
  await platform?.stop();
});

const rows = async <R>(sql: string, ...values: unknown[]) =>
  (await platform.database.superuser.query(sql, values)).rows as R[];
const email = () => `bo-${randomUUID().slice(0, 8)}@acme.example`;
const owner = ({ tenantId, ownerId }: OpenTenant): TokenRequest => ({ role: 'owner', tenant: tenantId, sub: ownerId });

async function tenant(): Promise<OpenTenant> {
  const opened = await openTenant(platform);
  await projected(platform.database, opened.tenantId);
  return opened;
}

async function invite(of: OpenTenant, body: { email: string; role?: string }): Promise<StartedInvitation> {
  const headers = { 'idempotency-key': randomUUID() };
  const { status, body: answer } = await gateway.ask('POST', '/v1/invitations', { as: owner(of), body, headers });
  expect(status).toBe(202);
  return { operationId: answer['operationId'] as string, tenantId: of.tenantId, email: body.email };
}

const accept = (token: string, key: string = randomUUID()) =>
  gateway.ask('POST', '/v1/invitations/acceptance', { body: { token }, headers: { 'idempotency-key': key } });
const withdraw = (of: OpenTenant, { operationId }: StartedInvitation) =>
  gateway.ask('POST', `/v1/operations/${operationId}/cancellation`, {
    as: owner(of),
    headers: { 'idempotency-key': randomUUID() },
  });

async function ended({ operationId }: { readonly operationId: string }) {
  expect(await platform.operations.ended(operationId, 60_000)).toBe(true);
  return (await platform.operations.get(operationId))!;
}

/** What the services hold of somebody who was invited. */
async function tracesOf({ tenantId, email: address }: StartedInvitation) {
  await projected(platform.database, tenantId);
  const [found] = await rows<{ users: number; seats: number; invitations: number; access: number }>(
    `select (select count(*)::int from "user".app_user where tenant_id = $1 and email = $2) as users,
            (select count(*)::int from tenant.seat where tenant_id = $1) as seats,
            (select count(*)::int from "user".invitation where tenant_id = $1) as invitations,
            (select count(*)::int from "user".access_member where tenant_id = $1) - 1 as access`,
    tenantId,
    address,
  );
  return found;
}
const NOTHING = { users: 0, seats: 0, invitations: 0, access: 0 };

test('an invited user is one of the tenant as soon as the token of the mail comes back, and not before', async () => {
  const acme = await tenant();
  const invitation = await invite(acme, { email: email() });
  const token = await invitationToken(platform, invitation);
  const [mail, ...more] = platform.inbox.messages().filter(({ to }) => to === invitation.email);
  expect(more).toEqual([]);
  expect(mail).toMatchObject({ subject: 'You are invited to join Acme', deliveries: 1 });
  const listed = async () => {
    const { body } = await gateway.ask('GET', '/v1/users', { as: owner(acme) });
    return (body['users'] as { email: string; status: string; userId: string }[]).find(
      (one) => one.email === invitation.email,
    );
  };
  expect(await listed()).toMatchObject({ status: 'invited' });
  expect(await tracesOf(invitation)).toEqual({ users: 1, seats: 1, invitations: 1, access: 0 });

  const key = randomUUID();
  const first = await accept(token, key);
  expect(first).toEqual({ status: 202, body: { status: 'accepted' } });
  const { status, result } = await ended(invitation);
  const user = (await listed())!;
  expect([status, user.status, result]).toEqual(['completed', 'active', { userId: user.userId }]);
  await projected(platform.database, acme.tenantId);
  for (const schema of ['"user"', 'tenant', 'notification']) {
    expect(await rows(`select roles from ${schema}.access_member where subject = $1`, user.userId)).toEqual([
      { roles: ['member'] },
    ]);
  }
  // The same request gets the same answer; a used token is none.
  expect(await accept(token, key)).toEqual(first);
  expect(await accept(token)).toMatchObject({ status: 404, body: { code: 'NotFound' } });
});

test('accepted twice at once, it is accepted once', async () => {
  const acme = await tenant();
  const invitation = await invite(acme, { email: email() });
  const token = await invitationToken(platform, invitation);
  const answers = await Promise.all([accept(token), accept(token), accept(token)]);
  expect(answers[0]!.status).toBe(202);
  for (const { status } of answers) expect([202, 404]).toContain(status);
  expect((await ended(invitation)).status).toBe('completed');
  expect(await tracesOf(invitation)).toEqual({ users: 1, seats: 1, invitations: 1, access: 1 });
});

test('an invitation that nobody accepts in time leaves nothing but its mail', async () => {
  const acme = await tenant();
  const invitation = await startInvitation(platform, acme, { boundsScale: DAYS_IN_SECONDS });
  const token = await invitationToken(platform, invitation);
  const { status, error } = await ended(invitation);
  expect([status, error?.type]).toEqual(['compensated', 'user.InvitationExpired']);
  expect(await tracesOf(invitation)).toEqual(NOTHING);
  expect((await accept(token)).status).toBe(404);
  // The address is free again.
  const again = await invite(acme, { email: invitation.email });
  expect(await invitationToken(platform, again)).not.toBe(token);
  await withdraw(acme, again);
  await ended(again);
}, 120_000);

test('a withdrawn invitation leaves nothing but its mail', async () => {
  const acme = await tenant();
  const invitation = await invite(acme, { email: email() });
  const token = await invitationToken(platform, invitation);
  expect((await withdraw(acme, invitation)).status).toBe(202);
  expect((await ended(invitation)).status).toBe('cancelled');
  expect(await tracesOf(invitation)).toEqual(NOTHING);
  expect((await accept(token)).status).toBe(404);
});

test('no other token opens it, also not the one of another tenant', async () => {
  const [acme, bolt] = await Promise.all([tenant(), tenant()]);
  const [mine, theirs] = await Promise.all([invite(acme, { email: email() }), invite(bolt, { email: email() })]);
  const [token, other] = await Promise.all([invitationToken(platform, mine), invitationToken(platform, theirs)]);
  const secretOf = (text: string) => text.split('.')[1]!;
  const wrong = [
    `${mine.operationId}.${randomBytes(32).toString('base64url')}`,
    `${mine.operationId}.${secretOf(other)}`,
    `${theirs.operationId}.${secretOf(token)}`,
    token.replace(acme.tenantId, bolt.tenantId),
  ];
  for (const one of wrong) expect(await accept(one)).toMatchObject({ status: 404, body: { code: 'NotFound' } });
  for (const one of [mine, theirs]) {
    const { steps } = (await platform.operations.get(one.operationId))!;
    expect(steps.at(-1)).toMatchObject({ name: 'accepted', status: 'waiting' });
  }
  expect((await accept(token)).status).toBe(202);
  expect((await ended(mine)).status).toBe('completed');
  expect(await tracesOf(theirs)).toEqual({ users: 1, seats: 1, invitations: 1, access: 0 });
});

test('a wrong proof that gets past the gateway is of no use, and does no harm', async () => {
  const acme = await tenant();
  const invitation = await invite(acme, { email: email() });
  const token = await invitationToken(platform, invitation);
  expect(await acceptInvitation(platform, invitation, `${token}x`)).toEqual({ taken: true });
  await waitUntil(
    async () => {
      const { steps } = (await platform.operations.get(invitation.operationId))!;
      return steps.at(-1)?.name === 'accepted~2' ? true : undefined;
    },
    { within: 30_000 },
  );
  expect((await accept(token)).status).toBe(202);
  const { status, steps } = await ended(invitation);
  expect(status).toBe('completed');
  expect(steps.map(({ name }) => name).slice(-6)).toEqual([
    'accepted',
    'checkAcceptance',
    'accepted~2',
    'checkAcceptance~2',
    'activateUser',
    'takeSeat',
  ]);
});

describe('seats', () => {
  test('are as many as the plan has, also for invitations that race for the last one', async () => {
    const acme = await tenant();
    const all = await Promise.all(Array.from({ length: SEATS + 2 }, () => invite(acme, { email: email() })));
    const kept: StartedInvitation[] = [];
    const refused: StartedInvitation[] = [];
    for (const one of all) {
      const how = await waitUntil(
        async () => {
          const view = (await platform.operations.get(one.operationId))!;
          if (view.status === 'compensated') return view;
          return view.steps.at(-1)?.status === 'waiting' ? view : undefined;
        },
        { within: 60_000 },
      );
      if (how!.status === 'compensated') {
        expect(how!.error).toMatchObject({ type: 'tenant.NoSeatLeft', details: { seats: SEATS } });
        refused.push(one);
      } else kept.push(one);
    }
    expect([kept.length, refused.length]).toEqual([SEATS, 2]);
    for (const { email: address } of refused) {
      expect(platform.inbox.messages().some(({ to }) => to === address)).toBe(false);
    }
    // One that is withdrawn makes room.
    await withdraw(acme, kept[0]!);
    await ended(kept[0]!);
    const next = await invite(acme, { email: email() });
    await invitationToken(platform, next);
  });

  test('are free again when the user is removed, whose access ends everywhere', async () => {
    const acme = await tenant();
    const invitation = await invite(acme, { email: email() });
    await accept(await invitationToken(platform, invitation));
    const { result } = await ended(invitation);
    const { userId } = result as { readonly userId: string };
    const headers = { 'idempotency-key': randomUUID(), prefer: 'wait=30' };
    expect((await gateway.ask('DELETE', `/v1/users/${userId}`, { as: owner(acme), headers })).status).toBe(200);
    expect(await tracesOf(invitation)).toEqual(NOTHING);
    for (const schema of ['tenant', 'notification']) {
      expect(await rows(`select 1 from ${schema}.access_member where subject = $1 and roles <> '{}'`, userId)).toEqual(
        [],
      );
    }
  });
});

test('an address that a user has is not invited', async () => {
  const acme = await tenant();
  const invitation = await invite(acme, { email: acme.ownerEmail });
  const { status, error } = await ended(invitation);
  expect([status, error?.type]).toEqual(['compensated', 'user.EmailTaken']);
  expect(await tracesOf(invitation)).toMatchObject({ seats: 0, invitations: 0 });
});

test('a role that is changed while somebody is invited gives no access before the acceptance', async () => {
  const acme = await tenant();
  const invitation = await invite(acme, { email: email() });
  const token = await invitationToken(platform, invitation);
  const [row] = await rows<{ user_id: string }>(
    `select user_id from "user".app_user where email = $1`,
    invitation.email,
  );
  const headers = { 'idempotency-key': randomUUID(), prefer: 'wait=30' };
  const change = { as: owner(acme), headers, body: { role: 'owner' } };
  expect((await gateway.ask('PATCH', `/v1/users/${row!.user_id}`, change)).status).toBe(200);
  expect(await tracesOf(invitation)).toMatchObject({ access: 0 });
  // Who cannot act is no owner to be left with.
  const demotion = {
    as: owner(acme),
    headers: { ...headers, 'idempotency-key': randomUUID() },
    body: { role: 'member' },
  };
  const demoted = await gateway.ask('PATCH', `/v1/users/${acme.ownerId}`, demotion);
  expect(demoted.body['code']).toBe('user.LastOwner');
  await accept(token);
  await ended(invitation);
  expect(await rows(`select roles from "user".access_member where subject = $1`, row!.user_id)).toEqual([
    { roles: ['owner'] },
  ]);
});

test('a user who is removed while invited cannot accept any more, and nothing is left', async () => {
  const acme = await tenant();
  const invitation = await invite(acme, { email: email() });
  const token = await invitationToken(platform, invitation);
  const [row] = await rows<{ user_id: string }>(
    `select user_id from "user".app_user where email = $1`,
    invitation.email,
  );
  const headers = { 'idempotency-key': randomUUID(), prefer: 'wait=30' };
  expect((await gateway.ask('DELETE', `/v1/users/${row!.user_id}`, { as: owner(acme), headers })).status).toBe(200);
  expect((await accept(token)).status).toBe(404);
  await withdraw(acme, invitation);
  expect((await ended(invitation)).status).toBe('cancelled');
  expect(await tracesOf(invitation)).toEqual(NOTHING);
});

test('a token is in its mail, and nowhere else', async () => {
  const acme = await tenant();
  const invitation = await invite(acme, { email: email() });
  const token = await invitationToken(platform, invitation);
  await accept(`${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`);
  await accept(token);
  await ended(invitation);
  // Long enough to be nowhere by chance; short enough to be found when it is cut.
  const canary = token.split('.')[1]!.slice(2, 34);
  const proof = proofOf(token);

  const tables = await rows<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
       where schemaname = any ($1)`,
    [...SERVICES, 'keys'],
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const all = await rows<{ row: string }>(`select to_jsonb(t)::text as row from ${name} t`);
    expect(all.filter(({ row }) => row.includes(canary))).toEqual([]);
    if (all.some(({ row }) => row.includes(proof))) found.push(name);
  }
  // The search finds what is there.
  expect(found).toEqual(expect.arrayContaining(['"user".invitation']));

  const handle = platform.rawClient.workflow.getHandle(invitation.operationId);
  const json = historyToJSON(await handle.fetchHistory());
  const clear = await decodeHistory(json, platform.encryption.codec);
  const inside = [...clear.matchAll(/"data": "([^"]+)"/g)].map(([, data]) => Buffer.from(data!, 'base64').toString());
  expect(inside.join('\n')).toContain(proof);
  expect([clear, ...inside].join('\n')).not.toContain(canary);
  // Not even the address is readable to the server; attributes and ids are.
  const readable = await stored(platform.rawClient, invitation.operationId);
  for (const secret of [canary, proof, invitation.email]) expect(readable).not.toContain(secret);
  const { executions } = await platform.rawClient.workflowService.listWorkflowExecutions({ namespace: 'default' });
  expect(JSON.stringify(executions)).not.toContain(canary);

  const lines = [...platform.log.map((line) => JSON.stringify(line)), ...gateway.log];
  expect(lines.some((line) => line.includes('/v1/invitations/acceptance'))).toBe(true);
  expect(lines.filter((line) => line.includes(canary) || line.includes(invitation.email))).toEqual([]);
});
