import { declaredError } from '@adx/contract-kit';
import { openGateway, until } from './gateway-harness.ts';
import type { TestGateway } from './gateway-harness.ts';

const TENANT = '3f0c9a52-6c1e-4c35-9d0b-2a2f1b1f6a10';
const OTHER = '11111111-1111-4111-8111-111111111111';
const DIRECTORY = '5d0f6a3e-5b0e-4f7c-8f55-0a4f1f6d9c11';
const sync = { directoryId: DIRECTORY };
const waiting = { prefer: 'wait=20' };

let gateway: TestGateway;
let owner: string;
beforeAll(async () => {
  gateway = await openGateway();
  owner = await gateway.member(TENANT);
});
afterAll(() => gateway.close());
beforeEach(() => gateway.reset());

const start = (body: object, more: object = {}) =>
  gateway.ask('POST', '/v1/directory-syncs', { token: owner, body, ...more });

test('registers a directory, and syncs it', async () => {
  const body = { url: 'https://people.acme.example/users', secretName: 'people' };
  const registered = await gateway.ask('POST', '/v1/directories', { token: owner, body, headers: waiting });
  expect(registered).toMatchObject({ status: 200, body: { status: 'completed', type: 'registerDirectory' } });
  const synced = await start(sync, { headers: waiting });
  expect(synced).toMatchObject({
    status: 200,
    body: { status: 'completed', type: 'syncDirectory', steps: [{ name: 'openDirectorySync', attempts: 1 }] },
  });
});

test.each([
  ['an http URL', '/v1/directories', { url: 'no url', secretName: 'people' }],
  ['a secret in the place of its name', '/v1/directories', { url: 'https://a.example', secretName: 'S3cret!' }],
  ['a key too many', '/v1/directories', { url: 'https://a.example', secretName: 'people', secret: 'x' }],
  ['no id', '/v1/directory-syncs', { directoryId: 'mine' }],
])('refuses %s', async (_what, url, body) => {
  const answer = await gateway.ask('POST', url, { token: owner, body });
  expect([answer.status, answer.body['code']]).toEqual([400, 'InvalidInput']);
  expect(gateway.calls).toEqual([]);
});

test('is for owners: neither members nor operators may', async () => {
  for (const token of [await gateway.member(TENANT, 'member'), await gateway.operator()]) {
    for (const url of ['/v1/directories', '/v1/directory-syncs']) {
      const answer = await gateway.ask('POST', url, { token, body: sync });
      expect([answer.status, answer.body['code']]).toEqual([403, 'PermissionDenied']);
    }
  }
});

test('says what it was refused for', async () => {
  gateway.script('openDirectorySync', () => {
    throw declaredError('user', 'DirectoryUnknown', sync);
  });
  const answer = await start(sync, { headers: waiting });
  expect(answer).toMatchObject({
    status: 409,
    body: { code: 'user.DirectoryUnknown', operationStatus: 'compensated', details: sync },
  });
});

test("one that asks a person is on the desk, can be cancelled by its tenant, and is nobody else's", async () => {
  gateway.script('openDirectorySync', () => {
    throw declaredError('user', 'SyncRunning', { operationId: 'another' });
  });
  const operationId = String((await start(sync)).body['operationId']);
  const desk = `/v1/needs-attention/${operationId}.openDirectorySync`;
  const operator = await gateway.operator();
  const seen = await until(
    () => gateway.ask('GET', desk, { token: operator }),
    ({ status }) => status === 200,
  );
  expect(seen.body).toMatchObject({
    phase: 'step',
    error: { type: 'user.SyncRunning' },
    actions: ['retry', 'give-up'],
  });
  const foreign = await gateway.member(OTHER);
  const cancellation = `/v1/operations/${operationId}/cancellation`;
  for (const [method, url] of [
    ['GET', desk],
    ['GET', `/v1/operations/${operationId}`],
    ['POST', cancellation],
  ] as const) {
    expect((await gateway.ask(method, url, { token: foreign })).status).toBe(404);
  }
  const body = { action: 'retry', reason: 'the other one has ended' };
  const again = await gateway.ask('POST', `${desk}/resolution`, { token: operator, body });
  expect(again).toMatchObject({ status: 200, body: { outcome: 'parked-again' } });
  expect((await gateway.ask('POST', cancellation, { token: owner })).status).toBe(202);
  const ended = await until(
    () => gateway.ask('GET', `/v1/operations/${operationId}`, { token: owner }),
    (answer) => answer.body['status'] === 'cancelled',
  );
  expect(ended.body).toMatchObject({ steps: [{ status: 'failed', undo: 'undone', attempts: 2 }] });
});
