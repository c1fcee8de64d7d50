import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '@adx/local-parts';
import type { TokenRequest } from '@adx/local-parts';
import { notificationContract } from '@adx/notification-contract';
import { createOperations } from '@adx/operations';
import type { OperationView } from '@adx/operations';
import {
  LOCAL_CERTIFICATE,
  openTenant,
  projected,
  sagaFootprint,
  startProcessAs,
  startTestPlatform,
} from '@adx/testing';
import type { OpenTenant, TestPlatform } from '@adx/testing';
import { Webhook } from 'standardwebhooks';
import { openGateway } from '../test-gateway.ts';
import type { TestGateway } from '../test-gateway.ts';
import { startReceiver } from './receiver.ts';

// A notification on its way: to the list, to the mailbox, to the tenant's own systems. Real SMTP, real HTTPS.

const { addWebhook, deliverNotification } = notificationContract.workflows;
const SECRET = `whsec_${randomBytes(32).toString('base64')}`;

let receiver: Awaited<ReturnType<typeof startReceiver>>;
let platform: TestPlatform;
let gateway: TestGateway;
let folder: string;
let acme: OpenTenant;
let ada: TokenRequest;
let endpointId: string;
beforeAll(async () => {
  receiver = await startReceiver();
  folder = await mkdtemp(join(tmpdir(), 'adx-deliveries-'));
  await writeFile(join(folder, 'ca.pem'), LOCAL_CERTIFICATE);
  platform = await startTestPlatform({
    env: {
      ADX_WEBHOOK_SECRET_FOLDER: folder,
      ADX_WEBHOOK_LOCAL_HOSTS: 'localhost',
      ADX_EXTERNAL_CA_FILE: join(folder, 'ca.pem'),
    },
  });
  gateway = await openGateway(platform);
  acme = await openTenant(platform);
  ada = { role: 'owner', tenant: acme.tenantId, sub: acme.ownerId };
  await mkdir(join(folder, acme.tenantId));
  await writeFile(join(folder, acme.tenantId, 'main'), SECRET);
  await projected(platform.database, acme.tenantId);
});
afterEach(() => {
  platform.faults.set();
  receiver.script();
});
afterAll(async () => {
  await gateway?.close();
  await platform?.stop();
  await receiver?.stop();
  if (folder) await rm(folder, { recursive: true });
});

function ask(as: TokenRequest, method: 'GET' | 'POST' | 'PATCH', path: string, body?: object) {
  const headers = method === 'GET' ? {} : { 'idempotency-key': randomUUID(), prefer: 'wait=30' };
  return gateway.ask(method, path, { as, headers, ...(body ? { body } : {}) });
}
const hook = (url: string) => ask(ada, 'POST', '/v1/webhooks', { url, secretName: 'main' });

/** Sends a message; @returns its id */
async function send(userId: string, channels?: readonly string[], subject = `s-${randomUUID()}`): Promise<string> {
  const body = { userId, subject, body: 'There you are.', ...(channels ? { channels } : {}) };
  const answer = await ask(ada, 'POST', '/v1/notifications', body);
  expect(answer).toMatchObject({ status: 200, body: { status: 'completed' } });
  return (answer.body['result'] as { readonly notificationId: string }).notificationId;
}

/** Begins a delivery as the relay does, but with short waits. */
async function deliver(notificationId: string, { tenantId } = acme): Promise<string> {
  const service = { sub: 'notification', kind: 'service', tenantId, roles: [] } as const;
  const { operationId } = await createOperations({ client: platform.client, boundsScale: 0.01 }).start(
    deliverNotification,
    {
      input: deliverNotification.input.parse({ notificationId, to: { channel: 'webhook', endpointId } }),
      tenantId,
      subject: 'notification',
      principal: await platform.keys.serviceSigner('notification').sign(service),
      idempotencyKey: randomUUID(),
    },
  );
  return operationId;
}

const rows = async <R>(sql: string, ...values: unknown[]) =>
  (await platform.database.superuser.query(sql, values)).rows as R[];

/** The deliveries of a message, once all of them are in one of these statuses. */
async function deliveries(notificationId: string, count: number, ...statuses: string[]): Promise<OperationView[]> {
  const found = await waitUntil(
    async () => {
      const { operations } = await platform.operations.list({ tenantId: acme.tenantId, limit: 100 });
      const some = operations.filter(({ type }) => type === 'deliverNotification');
      const views = await Promise.all(some.map(({ operationId }) => platform.operations.get(operationId)));
      const ids = await rows<{ operation_id: string }>(
        'select operation_id from notification.notification_delivery where notification_id = $1',
        notificationId,
      );
      const own = views.filter((view) => ids.some(({ operation_id: id }) => id === view?.operationId));
      const there = own.filter((view) => view !== undefined && statuses.includes(view.status));
      return there.length === count ? (there as OperationView[]) : undefined;
    },
    { within: 60_000 },
  );
  if (!found) throw new Error(`there are no ${count} deliveries that are ${statuses.join(', ')}`);
  return found;
}
const messages = async (as: TokenRequest) =>
  (await ask(as, 'GET', '/v1/notifications')).body['notifications'] as { readonly notificationId: string }[];
const mailsTo = (address: string, subject: string) =>
  platform.inbox.messages().filter((mail) => mail.to === address && mail.subject === subject);

async function hire(email: string) {
  const { body } = await ask(ada, 'POST', '/v1/users', { email });
  await projected(platform.database, acme.tenantId);
  const { userId } = body['result'] as { readonly userId: string };
  return userId;
}

describe('an endpoint', () => {
  test('is registered by the owner, once, and only where webhooks may go', async () => {
    const body = { userId: acme.ownerId, subject: 'Hello', body: 'Nobody listens.', channels: ['webhook'] };
    expect((await ask(ada, 'POST', '/v1/notifications', body)).body).toMatchObject({ code: 'notification.NoWebhook' });
    const first = await hook(receiver.url);
    expect(first).toMatchObject({ status: 200, body: { status: 'completed' } });
    endpointId = (first.body['result'] as { readonly endpointId: string }).endpointId;
    for (const url of [receiver.url, 'http://hooks.example', 'https://10.0.0.1/', 'https://internal']) {
      expect(await hook(url)).toMatchObject({ status: 409, body: { code: 'notification.EndpointRefused' } });
    }
    const member = { role: 'member', tenant: acme.tenantId, sub: acme.ownerId } as const;
    expect((await ask(member, 'POST', '/v1/webhooks', { url: receiver.url, secretName: 'main' })).status).toBe(403);
    expect(await rows('select url from notification.webhook_endpoint where tenant_id = $1', acme.tenantId)).toEqual([
      { url: receiver.url },
    ]);
  });

  test('whose registration is cancelled after it was written is taken back', async () => {
    const url = 'https://hooks.example/cancelled';
    platform.faults.set(
      { activity: 'registerWebhook', point: 'after-commit', action: { kind: 'hang' }, times: 1 },
      { activity: 'registerWebhook', point: 'before-transaction', action: { kind: 'hang' }, skip: 1 },
    );
    const input = addWebhook.input.parse({ url, secretName: 'main' });
    const who = { tenantId: acme.tenantId, userId: acme.ownerId, boundsScale: 0.05 };
    const { operationId } = await startProcessAs(platform, who, addWebhook, input);
    const hangs = () => platform.faults.fired().every((times) => times > 0) || undefined;
    expect(await waitUntil(hangs, { within: 30_000 })).toBe(true);
    const there = () => rows('select 1 from notification.webhook_endpoint where url = $1', url);
    expect(await there()).toHaveLength(1);
    await platform.operations.cancel(operationId);
    expect(await platform.operations.ended(operationId, 60_000)).toBe(true);
    expect((await platform.operations.get(operationId))?.status).toBe('cancelled');
    expect(await there()).toEqual([]);
    expect((await sagaFootprint(platform, operationId)).ledger).toEqual({ registerWebhook: 'undone' });
  });
});

describe('a notification', () => {
  test('goes where it is to go: the list, the mailbox, the endpoint', async () => {
    const email = `${randomUUID()}@acme.example`;
    const userId = await hire(email);
    const subject = `everywhere ${randomUUID()}`;
    const id = await send(userId, ['in-app', 'email', 'webhook'], subject);
    const views = await deliveries(id, 2, 'completed');
    expect((await messages({ ...ada, sub: userId })).map(({ notificationId }) => notificationId)).toEqual([id]);
    expect(mailsTo(email, subject)).toMatchObject([{ deliveries: 1, text: expect.stringMatching(/^There you are\./) }]);
    expect(receiver.deliveries).toHaveLength(1);
    const [{ headers, body }] = receiver.deliveries as [(typeof receiver.deliveries)[0]];
    expect(new Webhook(SECRET).verify(body, headers as Record<string, string>)).toMatchObject({
      type: 'notification.sent',
      data: { notificationId: id, userId, subject, body: 'There you are.' },
    });
    // Whatever is personal stays where it is encrypted.
    const seen = await Promise.all(
      views.map(({ operationId }) => platform.client.workflow.getHandle(operationId).describe()),
    );
    const visible = JSON.stringify([platform.log, seen.map((one) => [one.workflowId, one.searchAttributes, one.memo])]);
    expect(visible).toContain(views[0]!.operationId);
    for (const personal of [email, subject, 'There you are']) expect(visible).not.toContain(personal);
  });

  test('without a place of its own is in the list, and with one that is not the list, is not', async () => {
    const userId = await hire(`${randomUUID()}@acme.example`);
    const listed = await send(userId);
    await deliveries(await send(userId, ['email']), 1, 'completed');
    expect((await messages({ ...ada, sub: userId })).map(({ notificationId }) => notificationId)).toEqual([listed]);
  });

  test('goes to the address of today', async () => {
    const [before, today] = [`${randomUUID()}@acme.example`, `${randomUUID()}@acme.example`];
    const userId = await hire(before);
    await ask(ada, 'PATCH', `/v1/users/${userId}`, { email: today });
    await deliveries(await send(userId, ['email'], 'moved'), 1, 'completed');
    expect([mailsTo(before, 'moved').length, mailsTo(today, 'moved').length]).toEqual([0, 1]);
  });

  test('whose delivery nobody saw end is delivered again, under the same id', async () => {
    const email = `${randomUUID()}@acme.example`;
    const userId = await hire(email);
    platform.faults.set({ activity: 'deliverMail', point: 'after-call', action: { kind: 'error' }, times: 1 });
    receiver.script((response) => response.socket?.destroy());
    const id = await send(userId, ['email', 'webhook'], 'twice');
    const views = await deliveries(id, 2, 'completed');
    expect(platform.faults.fired()).toEqual([1]);
    expect(mailsTo(email, 'twice')).toMatchObject([{ deliveries: 2 }]);
    expect(receiver.deliveries).toHaveLength(2);
    expect(new Set(receiver.deliveries.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    const ledgers = await Promise.all(views.map((view) => sagaFootprint(platform, view.operationId)));
    expect(ledgers.flatMap(({ ledger }) => Object.values(ledger))).toEqual(['done', 'done', 'done', 'done']);
  });

  test('that nobody may be sent ends there, and says why', async () => {
    const userId = await hire(`${randomUUID()}@suppressed.example`);
    const id = await send(userId, ['email'], 'unwanted');
    const ended = await waitUntil(
      async () => {
        const { operations } = await platform.operations.list({ tenantId: acme.tenantId, limit: 100 });
        const one = operations.find(({ type, status }) => type === 'deliverNotification' && status === 'compensated');
        return one && platform.operations.get(one.operationId);
      },
      { within: 30_000 },
    );
    const error = { type: 'notification.AddressRejected', details: { domain: 'suppressed.example' } };
    expect(ended).toMatchObject({ status: 'compensated', error });
    expect(await rows('select 1 from notification.notification_delivery where notification_id = $1', id)).toEqual([]);
  });
});

describe('a delivery', () => {
  test.each([
    ['that the receiver refuses', 1, () => receiver.script((response) => response.writeHead(400).end())],
    [
      'whose attempts are used up',
      0,
      () =>
        platform.faults.set({
          ...{ activity: 'deliverWebhook', point: 'before-transaction', action: { kind: 'error' } },
          times: notificationContract.activities.deliverWebhook.bounds.attempts,
        }),
    ],
  ])('%s waits at the desk for a person, and goes on under one id', async (_how, arrived, breakIt) => {
    breakIt();
    const operationId = await deliver(await send(acme.ownerId));
    const parked = async () => (await platform.operations.get(operationId))?.status === 'needs-attention' || undefined;
    expect(await waitUntil(parked, { within: 60_000 })).toBe(true);
    expect(receiver.deliveries).toHaveLength(arrived);
    const item = `/v1/needs-attention/${operationId}.deliverWebhook`;
    const shown = await waitUntil(
      async () => {
        const answer = await ask({ role: 'operator' }, 'GET', item);
        return answer.status === 200 ? answer : undefined;
      },
      { within: 30_000 },
    );
    expect(shown).toBeDefined();
    const resolution = { action: 'retry', reason: 'the receiver is repaired' };
    expect((await ask({ role: 'operator' }, 'POST', `${item}/resolution`, resolution)).status).toBe(200);
    expect(await platform.operations.ended(operationId, 60_000)).toBe(true);
    expect((await platform.operations.get(operationId))?.status).toBe('completed');
    expect(new Set(receiver.deliveries.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    // At least once: with waits that short an attempt may be over before its answer is there.
    expect(receiver.deliveries.length).toBeGreaterThan(arrived);
  });

  test('is begun once, also when its start comes again after the server has forgotten the first', async () => {
    const id = await send(acme.ownerId, ['webhook']);
    await deliveries(id, 1, 'completed');
    const arrived = receiver.deliveries.length;
    const again = await deliver(id);
    expect(await platform.operations.ended(again, 60_000)).toBe(true);
    expect(await platform.operations.get(again)).toMatchObject({
      status: 'compensated',
      error: { type: 'notification.DeliveryBegun' },
    });
    expect(receiver.deliveries).toHaveLength(arrived);
  });

  test('does not leave while the tenant is suspended', async () => {
    const id = await send(acme.ownerId);
    const set = (status: string) =>
      rows('update notification.access_tenant set status = $2 where tenant_id = $1', acme.tenantId, status);
    await set('suspended');
    const operationId = await deliver(id);
    const parked = async () => {
      const view = await platform.operations.get(operationId);
      return view?.status === 'needs-attention' ? view : undefined;
    };
    const view = await waitUntil(parked, { within: 60_000 });
    await set('active');
    expect(view?.attention).toMatchObject([{ step: 'deliverWebhook', error: { type: 'TenantAccessDenied' } }]);
    expect(receiver.deliveries).toEqual([]);
  });
});
