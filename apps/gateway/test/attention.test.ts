import { failure } from '@adx/contract-kit';
import { openGateway, until } from './gateway-harness.ts';
import type { Answer, Ask, TestGateway } from './gateway-harness.ts';

let gateway: TestGateway;
let operator: string;
beforeAll(async () => {
  gateway = await openGateway();
  operator = await gateway.operator();
});
afterAll(() => gateway.close());
afterEach(() => gateway.reset());

interface Parked {
  readonly id: string;
  readonly tenantId: string;
  readonly operationId: string;
}

const show = (id: string, token = operator) => gateway.ask('GET', `/v1/needs-attention/${id}`, { token });
const answer = (id: string, request: Ask) =>
  gateway.ask('POST', `/v1/needs-attention/${id}/resolution`, { token: operator, ...request });
const entriesOf = ({ body }: Answer) => body['entries'] as { id: string; actions: string[] }[];

/** An onboarding whose first step cannot be undone. */
async function park(): Promise<Parked> {
  gateway.script('activateTenant', () => {
    throw failure('BusinessLogicError', 'scripted');
  });
  gateway.script('reserveTenant.undo', () => {
    throw failure('UndoImpossible', 'scripted');
  });
  const body = { slug: 'acme', name: 'Acme', ownerEmail: 'ann@acme.example' };
  const started = await gateway.ask('POST', '/v1/tenants', { token: operator, body });
  const { tenantId, operationId } = started.body as { tenantId: string; operationId: string };
  const id = `${operationId}.reserveTenant`;
  await until(
    () => show(id),
    ({ status }) => status === 200,
  );
  return { id, tenantId, operationId };
}

test('shows why a step waits, since when, and what may be answered', async () => {
  const { id, tenantId, operationId } = await park();
  const { status, body } = await show(id);
  expect(status).toBe(200);
  expect(body).toEqual({
    id,
    operationId,
    operationType: 'onboardTenant',
    tenantId,
    step: 'reserveTenant',
    service: 'tenant',
    phase: 'undo',
    error: { type: 'UndoImpossible', message: 'scripted' },
    since: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    level: 0,
    actions: ['retry', 'skip', 'done-by-hand', 'give-up'],
  });
});

test('lists to operators what waits, and to owners what waits in their tenant, to look at', async () => {
  const mine = await park();
  const other = await park();
  const list = (token: string, query = '') => gateway.ask('GET', `/v1/needs-attention${query}`, { token });
  const all = await until(
    () => list(operator),
    (page) => [mine, other].every(({ id }) => entriesOf(page).some((entry) => entry.id === id)),
  );
  expect(entriesOf(all).find(({ id }) => id === mine.id)?.actions).toContain('retry');
  expect(entriesOf(await list(operator, `?tenant=${mine.tenantId}`)).map(({ id }) => id)).toEqual([mine.id]);

  const owner = await gateway.member(mine.tenantId);
  expect(entriesOf(await list(owner))).toMatchObject([{ id: mine.id, actions: [] }]);
  expect((await list(owner, `?tenant=${other.tenantId}`)).status).toBe(404);
  expect((await list(await gateway.member(mine.tenantId, 'member'))).status).toBe(403);
  for (const { id } of [mine, other]) await answer(id, { body: { action: 'skip', reason: 'end of the test' } });
});

test('an answer resolves the entry, is recorded under the name of who gave it, and leaves nothing to answer', async () => {
  const { id, tenantId } = await park();
  gateway.script('reserveTenant.undo', () => null);
  const token = await gateway.operator('otto');
  const given = await answer(id, { token, body: { action: 'retry', reason: 'the disk is back' } });
  expect(given).toMatchObject({ status: 200, body: { action: 'retry', outcome: 'resolved' } });
  const { call } = gateway.calls.find(({ activity }) => activity === 'reserveTenant.resolve')!;
  expect(await gateway.verifier.verify(call.principal)).toMatchObject({ sub: 'otto', kind: 'operator', tenantId });
  expect((await show(id)).status).toBe(404);
  const late = await answer(id, { body: { action: 'retry', reason: 'once more' } });
  expect([late.status, late.body['code']]).toEqual([409, 'OperationClosed']);
});

test('only operators answer', async () => {
  const { id, tenantId } = await park();
  const { status } = await answer(id, {
    token: await gateway.member(tenantId),
    body: { action: 'skip', reason: 'never mind' },
  });
  expect(status).toBe(403);
  await answer(id, { body: { action: 'skip', reason: 'end of the test' } });
});

test.each(['no-id', 'a.b.c', '.reserveTenant'])('there is nothing under "%s"', async (id) => {
  expect((await show(id)).status).toBe(404);
});
