import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { openGateway, until } from './gateway-harness.ts';
import type { Answer, TestGateway } from './gateway-harness.ts';

const TENANT = '7a1f3c52-6c1e-4c35-9d0b-2a2f1b1f6a10';
const hashOf = (token: string) => createHash('sha256').update(token).digest('base64url');
const secret = () => randomBytes(32).toString('base64url');

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());
beforeEach(() => gateway.reset());

/** An address of its own, so that the limit of one test is not that of another. */
let caller = 0;
beforeEach(() => (caller += 1));

/** An invitation that waits, and its token. */
async function invite(): Promise<{ operationId: string; token: string }> {
  const body = { email: 'bo@acme.example' };
  const { body: answer } = await gateway.ask('POST', '/v1/invitations', { token: await gateway.member(TENANT), body });
  const operationId = String(answer['operationId']);
  await until(
    () => gateway.parts.operations.get(operationId),
    (view) => view?.steps.at(-1)?.status === 'waiting',
  );
  const token = `${operationId}.${secret()}`;
  gateway.owners.invitations.set(operationId, hashOf(token));
  return { operationId, token };
}

async function accept(token: unknown, key: string | null = randomUUID()): Promise<Answer> {
  const response = await gateway.app.inject({
    method: 'POST',
    url: '/v1/invitations/acceptance',
    remoteAddress: `192.0.2.${caller}`,
    headers: { 'content-type': 'application/json', ...(key === null ? {} : { 'idempotency-key': key }) },
    payload: JSON.stringify({ token }),
  });
  const body = JSON.parse(response.payload) as Record<string, unknown>;
  return { status: response.statusCode, headers: response.headers, body };
}

async function ended(operationId: string) {
  expect(await gateway.parts.operations.ended(operationId, 20_000)).toBe(true);
  return (await gateway.parts.operations.get(operationId))!;
}

const withoutTrace = ({ status, body, headers }: Answer) => ({
  status,
  type: headers['content-type'],
  body: { ...body, traceId: undefined },
});

test('only an owner invites', async () => {
  const body = { email: 'bo@acme.example' };
  const as = async (token: string) => (await gateway.ask('POST', '/v1/invitations', { token, body })).status;
  expect(await as(await gateway.member(TENANT, 'member'))).toBe(403);
  expect(await as(await gateway.operator())).toBe(403);
});

test('needs no other token than that of the mail, and answers a repetition alike', async () => {
  const { operationId, token } = await invite();
  const key = randomUUID();
  const first = await accept(token, key);
  expect([first.status, first.body]).toEqual([202, { status: 'accepted' }]);
  expect((await ended(operationId)).status).toBe('completed');
  // The same request, and another one with the same token, which is used.
  expect((await accept(token, key)).body).toEqual(first.body);
  expect((await accept(token)).status).toBe(404);
  expect(gateway.calls.filter(({ activity }) => activity === 'activateUser')).toHaveLength(1);
});

test('tells the process under a principal that may do nothing', async () => {
  const { operationId, token } = await invite();
  await accept(token);
  await ended(operationId);
  const { call } = gateway.calls.find(({ activity }) => activity === 'inviteUser.accepted.check')!;
  expect(await gateway.verifier.verify(call.principal)).toMatchObject({ sub: 'invitee', tenantId: TENANT, roles: [] });
});

test('is accepted by whoever repeats the token while the process goes on', async () => {
  gateway.hang('takeSeat');
  const { operationId, token } = await invite();
  expect((await accept(token)).status).toBe(202);
  await until(
    async () => gateway.calls.map(({ activity }) => activity),
    (calls) => calls.includes('takeSeat'),
  );
  expect((await accept(token)).body).toEqual({ status: 'accepted' });
  gateway.reset();
  expect((await ended(operationId)).status).toBe('completed');
});

test('answers every token that opens nothing alike, and tells no process of it', async () => {
  const { operationId, token } = await invite();
  const other = '8b2f3c52-6c1e-4c35-9d0b-2a2f1b1f6a10';
  const answers = [
    await accept('no token'),
    await accept(`${operationId}.`),
    await accept(`${operationId}.${secret()}`),
    await accept(token.replace(TENANT, other)),
    await accept(`${other}:inviteUser:unknown.${secret()}`),
    await accept(`${TENANT}:createUser:${'k'.repeat(32)}.${secret()}`),
  ];
  expect(answers[0]!.status).toBe(404);
  for (const answer of answers) expect(withoutTrace(answer)).toEqual(withoutTrace(answers[0]!));
  const history = await gateway.client.workflow.getHandle(operationId).fetchHistory();
  expect(history.events!.some(({ workflowExecutionUpdateAcceptedEventAttributes: update }) => update)).toBe(false);
  await gateway.parts.operations.cancel(operationId);
});

test('answers a withdrawn one alike, also before its owner has forgotten it', async () => {
  const { operationId, token } = await invite();
  const path = `/v1/operations/${operationId}/cancellation`;
  expect((await gateway.ask('POST', path, { token: await gateway.member(TENANT) })).status).toBe(202);
  expect((await ended(operationId)).status).toBe('cancelled');
  const unknown = await accept(`${operationId}.${secret()}`);
  expect(withoutTrace(await accept(token))).toEqual(withoutTrace(unknown));
});

test('answers one that is being undone alike', async () => {
  const { operationId, token } = await invite();
  gateway.hang('reserveSeat.undo');
  await gateway.parts.operations.cancel(operationId);
  await until(
    () => gateway.parts.operations.get(operationId),
    (view) => view?.status === 'compensating',
  );
  expect((await accept(token)).status).toBe(404);
  gateway.reset();
  await ended(operationId);
});

test('needs an Idempotency-Key, and a token in the body', async () => {
  expect((await accept(`x.${secret()}`, null)).body['code']).toBe('IdempotencyKeyMissing');
  expect((await accept(7)).body['code']).toBe('InvalidInput');
  expect((await accept('x'.repeat(301))).body['code']).toBe('InvalidInput');
});

test('refuses an address that asks too often, and no other', async () => {
  const tries = [];
  for (let n = 0; n < 31; n += 1) tries.push((await accept('no token')).status);
  expect(tries).toEqual([...Array.from({ length: 30 }, () => 404), 429]);
  const refused = await accept('no token');
  expect(refused.body['code']).toBe('RateLimited');
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  caller += 1;
  expect((await accept('no token')).status).toBe(404);
});

test('keeps tokens out of the log', async () => {
  const { token } = await invite();
  await accept(token);
  await accept(token.slice(0, -1));
  expect(gateway.log.length).toBeGreaterThan(0);
  expect(gateway.log.join('\n')).not.toContain(token.split('.')[1]!.slice(0, 40));
});
