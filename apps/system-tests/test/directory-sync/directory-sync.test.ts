import { randomUUID } from 'node:crypto';
import { projected } from '@adx/testing';
import { openGateway } from '../test-gateway.ts';
import type { TestGateway } from '../test-gateway.ts';
import { LISTED, PAGES, openSyncStack } from './sync-stack.ts';
import type { Subject, SyncStack } from './sync-stack.ts';

// The way of a user of the API: a directory is registered and synced, again and again; and what is kept where.

let stack: SyncStack;
let gateway: TestGateway;
beforeAll(async () => {
  stack = await openSyncStack();
  gateway = await openGateway(stack.platform);
});
afterAll(async () => {
  await gateway?.close();
  await stack?.close();
});

const post = (subject: Subject, path: string, body: object) =>
  gateway.ask('POST', path, {
    as: { role: 'owner', tenant: subject.tenantId, sub: subject.ownerId },
    body,
    headers: { 'idempotency-key': randomUUID(), prefer: 'wait=30' },
  });

test('registers a directory once, syncs it, and follows what it lists from then on', async () => {
  const subject = await stack.subject();
  const { directories, platform } = stack;
  const listing = await directories.list(platform.database, subject.tenantId, PAGES, { registered: false });
  const registration = { url: listing.url, secretName: 'directory' };
  const registered = await post(subject, '/v1/directories', registration);
  expect(registered).toMatchObject({ status: 200, body: { status: 'completed' } });
  const again = await post(subject, '/v1/directories', registration);
  expect(again).toMatchObject({ status: 409, body: { code: 'user.DirectoryRefused' } });
  const { directoryId } = registered.body['result'] as { readonly directoryId: string };
  const sync = async () => (await post(subject, '/v1/directory-syncs', { directoryId })).body;
  expect(await sync()).toMatchObject({ status: 'completed', result: { created: 3, changed: 0, unchanged: 0 } });
  expect(await stack.users(subject)).toEqual(LISTED);
  listing.pages = [[{ email: 'bo@list.example', role: 'owner' }, { email: 'di@list.example' }]];
  expect(await sync()).toMatchObject({ result: { pages: 1, created: 1, changed: 1, unchanged: 0 } });
  // Who is listed no longer is not removed.
  expect(await stack.users(subject)).toEqual([
    ...['ann@list.example member', 'bo@list.example owner', 'cy@list.example owner', 'di@list.example member'],
  ]);
  // The other services know all of them, with the roles of now.
  await projected(platform.database, subject.tenantId);
  for (const schema of ['tenant', 'notification']) {
    const { rows } = await platform.database.superuser.query<{ email: string; roles: string[] }>(
      `select u.email, m.roles from ${schema}.access_member m join "user".app_user u on u.user_id::text = m.subject
         where m.tenant_id = $1 and u.email like '%@list.example' order by 1`,
      [subject.tenantId],
    );
    expect(rows.map(({ email, roles }) => `${email} ${roles.join()}`)).toEqual(await stack.users(subject));
  }
});

test.each(['https://127.0.0.1/users', 'https://directory.internal/users', 'http://people.acme.example/'])(
  'does not register what is no public https address: %s',
  async (url) => {
    const answer = await post(await stack.subject(), '/v1/directories', { url, secretName: 'directory' });
    expect(answer).toMatchObject({ status: 409, body: { code: 'user.DirectoryRefused' } });
  },
);

test('the token goes to the directory and nowhere else; addresses are in no history, ledger, audit or log', async () => {
  const subject = await stack.subject();
  const { platform } = stack;
  const process = await stack.start(subject);
  expect((await stack.ending(process)).status).toBe('completed');
  const { token, asked, directoryId } = subject.listing;
  expect(asked.map(({ page, authorization }) => [page, authorization])).toEqual([
    ...[1, 1, 2].map((page) => [page, `Bearer ${token}`]),
  ]);
  const { events = [] } = await platform.client.workflow.getHandle(process.operationId).fetchHistory();
  const decoded = await Promise.all(
    payloadsIn(events).map(async (payload) => {
      // Search attributes are the server's to read, and in clear.
      const encrypted = Buffer.from(payload.metadata['encoding']!).toString() === 'binary/encrypted';
      const [clear] = encrypted
        ? await platform.encryption.dataConverter.payloadCodecs![0]!.decode([payload])
        : [payload];
      return Buffer.from(clear!.data!).toString();
    }),
  );
  const { rows } = await platform.database.superuser.query(
    `select l::text as row from "user".step_ledger l where operation_id = $1
       union all select a::text from "user".audit_pending a where operation_id = $1
       union all select a::text from "user".audit a where operation_id = $1
       union all select c::text from "user".directory_sync_change c where operation_id = $1`,
    [process.operationId],
  );
  const kept = `${decoded.join()}${JSON.stringify(rows)}${JSON.stringify(platform.log)}`;
  // It looked at what there is.
  expect(decoded.join()).toContain(directoryId);
  expect(rows.length).toBeGreaterThanOrEqual(11);
  expect(kept).toContain(process.operationId);
  expect(kept).not.toContain(token);
  expect(kept).not.toContain('list.example');
});

/** Every payload anywhere in a history. */
function payloadsIn(value: unknown): { metadata: Record<string, Uint8Array>; data: Uint8Array }[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  const { metadata, data } = value as { metadata?: unknown; data?: unknown };
  if (metadata && data instanceof Uint8Array) {
    return [value as { metadata: Record<string, Uint8Array>; data: Uint8Array }];
  }
  return Object.values(value).flatMap(payloadsIn);
}
