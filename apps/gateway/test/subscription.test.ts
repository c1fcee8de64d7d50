import { randomUUID } from 'node:crypto';
import { openGateway, until } from './gateway-harness.ts';
import type { Answer, Ask, TestGateway } from './gateway-harness.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openGateway();
});
beforeEach(() => gateway.reset());
afterAll(() => gateway.close());

/** A tenant that is open. */
function newTenant(status = 'active'): string {
  const tenantId = randomUUID();
  gateway.owners.tenants.set(tenantId, { slug: 'acme', status });
  return tenantId;
}

const paid = (eventId: string = randomUUID()) => ({
  eventId,
  type: 'paymentSucceeded',
  data: { reference: 'invoice-1' },
});
const planned = (eventId: string = randomUUID()) => ({ eventId, type: 'planChanged', data: { plan: 'team' } });
const cancelled = (eventId: string = randomUUID()) => ({ eventId, type: 'cancellationRequested', data: {} });

const WAIT = { prefer: 'wait=20' };
const begin = async (tenantId: string, more: Ask = {}) =>
  gateway.ask('POST', `/v1/subscription?tenant=${tenantId}`, { token: await gateway.operator(), body: {}, ...more });
const report = async (tenantId: string, events: readonly unknown[], more: Ask = {}) =>
  gateway.ask('POST', `/v1/subscription/events?tenant=${tenantId}`, {
    token: await gateway.operator(),
    body: { events },
    ...more,
  });
const codeOf = ({ status, body }: Answer) => [status, body['code']];
const operationOf = (tenantId: string) => `${tenantId}:tenantSubscription:subscription`;
const applied = (activity: string) => gateway.calls.filter((one) => one.activity === activity);

test('begins a subscription, and finds it when it is asked for again', async () => {
  const tenantId = newTenant();
  const first = await begin(tenantId, { body: { plan: 'team' } });
  expect(first).toMatchObject({ status: 202, body: { operationId: operationOf(tenantId), tenantId } });
  expect(first.headers['location']).toBe(`/v1/operations/${operationOf(tenantId)}`);
  expect(await begin(tenantId, { body: { plan: 'team' } })).toMatchObject({ status: 202, body: first.body });
  expect(codeOf(await begin(tenantId, { body: { plan: 'free' } }))).toEqual([409, 'SubscriptionExists']);
});

test("does not begin one for a tenant that is not there, or not open; not by an operator's event either", async () => {
  const pending = newTenant('pending');
  for (const start of [begin, (tenantId: string) => report(tenantId, [paid()])]) {
    expect(codeOf(await start(randomUUID()))).toEqual([404, 'NotFound']);
    expect(codeOf(await start(pending))).toEqual([409, 'TenantPending']);
  }
  const operation = await gateway.ask('GET', `/v1/operations/${operationOf(pending)}`, {
    token: await gateway.operator(),
  });
  expect(operation.status).toBe(404);
});

test("an operator's first event begins the subscription, and is applied", async () => {
  const tenantId = newTenant();
  expect(await report(tenantId, [paid('p1')])).toMatchObject({ status: 202, body: { accepted: 1 } });
  await until(
    async () => applied('applyBillingEvents').length,
    (count) => count === 1,
  );
  const waited = await report(newTenant(), [paid('p1')], { headers: WAIT });
  expect(waited).toMatchObject({ status: 200, body: { outcomes: [{ eventId: 'p1', outcome: 'applied' }] } });
});

test("an owner's event begins nothing", async () => {
  const tenantId = newTenant();
  const token = await gateway.member(tenantId);
  const answer = await gateway.ask('POST', '/v1/subscription/events', { token, body: { events: [planned()] } });
  expect(codeOf(answer)).toEqual([404, 'NotFound']);
});

test('events of the owner are applied under the principal of the owner', async () => {
  const tenantId = newTenant();
  await begin(tenantId);
  const token = await gateway.member(tenantId);
  const body = { events: [planned('a'), cancelled('b')] };
  const answer = await gateway.ask('POST', '/v1/subscription/events', { token, body, headers: WAIT });
  expect(answer).toMatchObject({ status: 200, headers: { 'preference-applied': 'wait=20' } });
  const [{ call } = { call: undefined }] = applied('applyCustomerEvents');
  expect(await gateway.verifier.verify(call?.principal)).toMatchObject({ kind: 'user', tenantId, roles: ['owner'] });
});

test('requests of one caller within a moment share a principal, those of two callers do not', async () => {
  const tenantId = newTenant();
  await begin(tenantId);
  const as = async (sub: string) => report(tenantId, [paid()], { token: await gateway.operator(sub), headers: WAIT });
  for (const sub of ['olga', 'olga', 'otto']) expect((await as(sub)).status).toBe(200);
  const principals = applied('applyBillingEvents').map(({ call }) => call.principal);
  expect(principals).toHaveLength(3);
  expect(new Set(principals).size).toBe(2);
});

test('an event after the end is answered as such, waited for or not, and one that came too late, too', async () => {
  const tenantId = newTenant();
  await begin(tenantId);
  gateway.script('applyBillingEvents', (input) => {
    const { events } = input as unknown as { readonly events: readonly { readonly eventId: string }[] };
    return {
      standing: { state: 'ended', dueAt: null, ended: true, applied: 0, held: 0 },
      outcomes: events.map(({ eventId }) => ({ eventId, outcome: 'late' })),
    };
  });
  const late = await report(tenantId, [paid('late')], { headers: WAIT });
  expect(codeOf(late)).toEqual([409, 'EntityEnded']);
  expect(late.body['outcomes']).toEqual([{ eventId: 'late', outcome: 'late' }]);
  expect(await gateway.parts.operations.ended(operationOf(tenantId), 20_000)).toBe(true);
  expect(codeOf(await report(tenantId, [paid()]))).toEqual([409, 'OperationClosed']);
  expect(codeOf(await report(tenantId, [paid()], { headers: WAIT }))).toEqual([409, 'OperationClosed']);
});

test("shows a subscription to its owner and to operators, and nobody else's", async () => {
  const tenantId = newTenant();
  const row = {
    ...{ state: 'trial', plan: 'free', failedPayments: 0, usageUnits: 0, cancelAtDue: false },
    ...{ events: { applied: 0, held: 0 }, changedAt: '2026-01-02T03:04:05.000Z' },
  };
  gateway.owners.subscriptions.set(tenantId, row);
  const show = async (token: string, query = '') => gateway.ask('GET', `/v1/subscription${query}`, { token });
  expect(await show(await gateway.member(tenantId))).toMatchObject({ status: 200, body: row });
  expect(await show(await gateway.operator(), `?tenant=${tenantId}`)).toMatchObject({ status: 200, body: row });
  expect(codeOf(await show(await gateway.operator()))).toEqual([400, 'TenantMissing']);
  expect(codeOf(await show(await gateway.member(tenantId, 'member')))).toEqual([403, 'PermissionDenied']);
  expect(codeOf(await show(await gateway.member(newTenant())))).toEqual([404, 'NotFound']);
});

test("another tenant's subscription is answered as if there were none", async () => {
  const mine = newTenant();
  const foreign = newTenant();
  await begin(foreign);
  gateway.owners.subscriptions.set(foreign, {});
  const token = await gateway.member(mine);
  for (const tenant of [foreign, randomUUID()]) {
    const seen = await gateway.ask('GET', `/v1/subscription?tenant=${tenant}`, { token });
    expect(codeOf(seen)).toEqual([404, 'NotFound']);
    expect(codeOf(await report(tenant, [planned()], { token }))).toEqual([404, 'NotFound']);
  }
});

describe('refuses', () => {
  const tenantId = '3f0c9a52-6c1e-4c35-9d0b-2a2f1b1f6a10';

  test("events that are not the caller's to report, all of a request", async () => {
    const token = await gateway.member(tenantId);
    const answer = await report(tenantId, [planned(), paid()], { token });
    expect(codeOf(answer)).toEqual([403, 'PermissionDenied']);
    expect(answer.body['detail']).toContain('paymentSucceeded');
    expect(codeOf(await report(tenantId, [cancelled()]))).toEqual([403, 'PermissionDenied']);
    expect(codeOf(await begin(tenantId, { token }))).toEqual([403, 'PermissionDenied']);
    const member = await gateway.member(tenantId, 'member');
    expect(codeOf(await report(tenantId, [planned()], { token: member }))).toEqual([403, 'PermissionDenied']);
  });

  test.each<[string, unknown]>([
    ['no events', { events: [] }],
    ['more than a hundred', { events: Array.from({ length: 101 }, () => paid()) }],
    ['no list', { events: paid() }],
    ['an unknown type', { events: [{ ...paid(), type: 'paymentForgotten' }] }],
    ['an id that is none', { events: [paid('white space')] }],
    ['a number that is none', { events: [{ ...paid(), seq: 0 }] }],
    ['data of another type', { events: [{ ...paid(), data: { units: 1 } }] }],
    ['an unknown field', { events: [{ ...paid(), tenantId }] }],
    ['one wrong among good ones', { events: [paid(), { ...paid(), data: {} }] }],
  ])('%s', async (_, body) => {
    const token = await gateway.operator();
    const answer = await gateway.ask('POST', `/v1/subscription/events?tenant=${tenantId}`, { token, body });
    expect(codeOf(answer)).toEqual([400, 'InvalidInput']);
  });

  test('a request without a key, and a tenant that is no id', async () => {
    expect(codeOf(await report(tenantId, [paid()], { key: null }))).toEqual([400, 'IdempotencyKeyMissing']);
    expect(codeOf(await begin(tenantId, { key: null }))).toEqual([400, 'IdempotencyKeyMissing']);
    expect(codeOf(await begin('no-id'))).toEqual([400, 'InvalidInput']);
  });
});
