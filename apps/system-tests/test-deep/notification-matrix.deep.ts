import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { notificationContract } from '@adx/notification-contract';
import { createOperations } from '@adx/operations';
import { LOCAL_CERTIFICATE, openTenant, projected, sagaMatrix, startProcessAs, startTestPlatform } from '@adx/testing';
import { userContract } from '@adx/user-contract';
import { startReceiver } from '../test/webhooks/receiver.ts';

// The sagas of the notification service meet every kind of failure at every step: a delivery by mail, one to a tenant's
// own system, and the registration of that system.

const { addWebhook, deliverNotification } = notificationContract.workflows;
const contracts = [notificationContract, userContract];

const receiver = await startReceiver();
const folder = await mkdtemp(join(tmpdir(), 'adx-deliveries-'));
await writeFile(join(folder, 'ca.pem'), LOCAL_CERTIFICATE);
const platform = await startTestPlatform({
  env: {
    ADX_WEBHOOK_SECRET_FOLDER: folder,
    ADX_WEBHOOK_LOCAL_HOSTS: 'localhost',
    ADX_EXTERNAL_CA_FILE: join(folder, 'ca.pem'),
  },
});
const { tenantId, ownerId, ownerEmail } = await openTenant(platform);
await mkdir(join(folder, tenantId));
await writeFile(join(folder, tenantId, 'main'), `whsec_${randomBytes(32).toString('base64')}`);
await projected(platform.database, tenantId);
afterAll(async () => {
  await platform.stop();
  await receiver.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Attempts then wait milliseconds. */
const SCALE = 0.05;
const start = (boundsScale = SCALE) => ({ tenantId, userId: ownerId, boundsScale });

/** A message that is written and not on its way. */
async function written(): Promise<string> {
  const notificationId = randomUUID();
  await platform.database.superuser.query(
    `insert into notification.notification (tenant_id, notification_id, user_id, subject, body, in_app)
       values ($1, $2, $3, $4, 'Hello', false)`,
    [tenantId, notificationId, ownerId, `Subject ${notificationId}`],
  );
  return notificationId;
}

type Place = { readonly channel: 'email' } | { readonly channel: 'webhook'; readonly endpointId: string };

/** Starts a delivery as the relay of the outbox does. */
async function deliver(notificationId: string, place: Place, boundsScale = SCALE) {
  const service = { sub: 'notification', kind: 'service', tenantId, roles: [] } as const;
  const to = place.channel === 'email' ? { ...place, userId: ownerId } : place;
  const { operationId } = await createOperations({ client: platform.client, boundsScale }).start(deliverNotification, {
    input: deliverNotification.input.parse({ notificationId, to }),
    tenantId,
    subject: 'notification',
    principal: await platform.keys.serviceSigner('notification').sign(service),
    idempotencyKey: randomUUID(),
  });
  return { operationId, tenantId };
}

const count = async (sql: string, value: string) =>
  Number((await platform.database.superuser.query<{ n: string }>(sql, [value])).rows[0]?.n);
const begun = (notificationId: string) =>
  count('select count(*) as n from notification.notification_delivery where notification_id = $1', notificationId);
const mails = (notificationId: string) =>
  platform.inbox.messages().filter(({ to, subject }) => to === ownerEmail && subject === `Subject ${notificationId}`);
/** A receiver knows a repeated one by its id. */
const posts = (notificationId: string) =>
  new Set(
    receiver.deliveries
      .filter(({ body }) => body.includes(notificationId))
      .map(({ headers }) => String(headers['webhook-id'])),
  );

const deliveries = { platform, contracts, crashes: 'report', given: written } as const;

describe(
  'deliverNotification by mail',
  await sagaMatrix({
    ...deliveries,
    start: (notificationId, boundsScale) => deliver(notificationId, { channel: 'email' }, boundsScale),
    traces: async (notificationId) => ({
      begun: await begun(notificationId),
      mails: mails(notificationId).length,
    }),
  }),
);

const registered = await startProcessAs(platform, start(), addWebhook, { url: receiver.url, secretName: 'main' });
await platform.operations.ended(registered.operationId, 30_000);
const { endpointId } = (await platform.operations.get(registered.operationId))!.result as { endpointId: string };

describe(
  'deliverNotification to a webhook',
  await sagaMatrix({
    ...deliveries,
    start: (notificationId, boundsScale) => deliver(notificationId, { channel: 'webhook', endpointId }, boundsScale),
    traces: async (notificationId) => ({ begun: await begun(notificationId), posts: posts(notificationId).size }),
  }),
);

describe(
  'addWebhook',
  await sagaMatrix({
    platform,
    contracts,
    crashes: 'report',
    given: async () => `${receiver.url}&endpoint=${randomUUID()}`,
    start: (url, boundsScale) => startProcessAs(platform, start(boundsScale), addWebhook, { url, secretName: 'main' }),
    traces: async (url) => ({
      endpoints: await count('select count(*) as n from notification.webhook_endpoint where url = $1', url),
    }),
  }),
);
