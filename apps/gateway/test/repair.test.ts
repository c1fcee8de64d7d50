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

const acme = { slug: 'acme', name: 'Acme', ownerEmail: 'ann@acme.example' };
const impossible = () => {
  throw failure('UndoImpossible', 'scripted');
};

async function onboard(): Promise<{ readonly tenantId: string; readonly url: string; readonly operationId: string }> {
  const { status, body, headers } = await gateway.ask('POST', '/v1/tenants', { token: operator, body: acme });
  expect(status).toBe(202);
  const { tenantId, operationId } = body as { tenantId: string; operationId: string };
  return { tenantId, operationId, url: String(headers['location']) };
}

const untilStatus = (url: string, wanted: string): Promise<Answer> =>
  until(
    () => gateway.ask('GET', url, { token: operator }),
    ({ body }) => body['status'] === wanted,
  );

const cancel = (url: string, request: Ask = { token: operator }) => gateway.ask('POST', `${url}/cancellation`, request);

describe('a cancellation', () => {
  test("by the tenant's owner undoes what was done", async () => {
    gateway.hang('reserveTenant');
    const { url, tenantId, operationId } = await onboard();
    const answer = await cancel(url, { token: await gateway.member(tenantId) });
    expect(answer).toMatchObject({ status: 202, body: { operationId }, headers: { location: url } });
    const { body } = await untilStatus(url, 'cancelled');
    expect(body).toMatchObject({ cancellable: false, steps: [{ name: 'reserveTenant', undo: 'undone' }] });
  });

  test('sent again is answered as before', async () => {
    gateway.hang('reserveTenant');
    const { url } = await onboard();
    const key = crypto.randomUUID();
    const first = await cancel(url, { token: operator, key });
    await untilStatus(url, 'cancelled');
    const again = await cancel(url, { token: operator, key, body: {} });
    expect([again.status, again.body]).toEqual([first.status, first.body]);
  });

  test('is refused from the pivot on', async () => {
    gateway.hang('activateTenant');
    const { url } = await onboard();
    await until(
      () => gateway.ask('GET', url, { token: operator }),
      ({ body }) => body['cancellable'] === false,
    );
    const { status, body } = await cancel(url);
    expect([status, body['code']]).toEqual([409, 'NotCancellable']);
  });

  test('is refused when the operation has ended', async () => {
    const { url } = await onboard();
    await untilStatus(url, 'completed');
    const { status, body } = await cancel(url);
    expect([status, body['code']]).toEqual([409, 'OperationClosed']);
  });

  test('takes no fields', async () => {
    const { url } = await onboard();
    const { status, body } = await cancel(url, { token: operator, body: { reason: 'changed my mind' } });
    expect([status, body['code']]).toEqual([400, 'InvalidInput']);
  });
});

describe('a parked step', () => {
  const resolve = (url: string, request: Ask) =>
    gateway.ask('POST', `${url}/steps/reserveTenant/resolution`, { token: operator, ...request });

  async function parked() {
    gateway.script('activateTenant', impossible);
    gateway.script('reserveTenant.undo', impossible);
    const operation = await onboard();
    await untilStatus(operation.url, 'needs-attention');
    return operation;
  }

  test('is listed, and says what may be answered', async () => {
    const { url, tenantId, operationId } = await parked();
    const query = `/v1/operations?status=needs-attention&tenant=${tenantId}`;
    const list = await until(
      () => gateway.ask('GET', query, { token: operator }),
      ({ body }) => (body['operations'] as unknown[]).length > 0,
    );
    expect(list.body['operations']).toMatchObject([{ operationId, status: 'needs-attention', type: 'onboardTenant' }]);
    const { body } = await gateway.ask('GET', url, { token: operator });
    expect(body['attention']).toMatchObject([
      {
        step: 'reserveTenant',
        phase: 'undo',
        error: { type: 'UndoImpossible' },
        actions: expect.arrayContaining(['retry']),
      },
    ]);
  });

  test('is undone by a retry, which is recorded as the decision of the operator who answered', async () => {
    const { url, tenantId } = await parked();
    gateway.script('reserveTenant.undo', () => null);
    const token = await gateway.operator('otto');
    const answer = await resolve(url, { token, body: { action: 'retry', reason: 'the disk is back' } });
    expect(answer).toMatchObject({
      status: 200,
      body: { step: 'reserveTenant', action: 'retry', outcome: 'resolved' },
    });
    await untilStatus(url, 'compensated');
    const { call } = gateway.calls.find(({ activity }) => activity === 'reserveTenant.resolve')!;
    expect(await gateway.verifier.verify(call.principal)).toMatchObject({ sub: 'otto', kind: 'operator', tenantId });
  });

  test('parks again when the retry fails', async () => {
    const { url } = await parked();
    const answer = await resolve(url, { body: { action: 'retry', reason: 'trying' } });
    expect(answer).toMatchObject({ status: 200, body: { outcome: 'parked-again' } });
    expect((await gateway.ask('GET', url, { token: operator })).body['status']).toBe('needs-attention');
  });

  test('gets the same answer for the same request, also when that has ended the operation', async () => {
    const { url } = await parked();
    const request = { key: crypto.randomUUID(), body: { action: 'skip', reason: 'nobody needs it' } };
    const first = await resolve(url, request);
    expect(first.status).toBe(200);
    await untilStatus(url, 'partly-compensated');
    const again = await resolve(url, request);
    expect([again.status, again.body]).toEqual([first.status, first.body]);
    expect(gateway.calls.filter(({ activity }) => activity === 'reserveTenant.resolve')).toHaveLength(1);
  });

  test('refuses a key that was used for another answer', async () => {
    const { url } = await parked();
    const key = crypto.randomUUID();
    await resolve(url, { key, body: { action: 'retry', reason: 'trying' } });
    const { status, body } = await resolve(url, { key, body: { action: 'skip', reason: 'enough' } });
    expect([status, body['code']]).toEqual([422, 'IdempotencyKeyReused']);
    await resolve(url, { body: { action: 'skip', reason: 'enough' } });
    await untilStatus(url, 'partly-compensated');
  });

  test('takes work done by hand only with a ticket, and no answer without a reason', async () => {
    const { url } = await parked();
    const byHand = await resolve(url, { body: { action: 'done-by-hand', reason: 'done' } });
    expect([byHand.status, byHand.body['code']]).toEqual([400, 'ResolutionRefused']);
    const silent = await resolve(url, { body: { action: 'retry', reason: '  ' } });
    expect([silent.status, silent.body['code']]).toEqual([400, 'InvalidInput']);
    const unknown = await resolve(url, { body: { action: 'ignore', reason: 'r' } });
    expect([unknown.status, unknown.body['code']]).toEqual([400, 'InvalidInput']);
    const told = await resolve(url, { body: { action: 'done-by-hand', reason: 'done', ticket: 'OPS-7' } });
    expect(told.body).toMatchObject({ outcome: 'resolved' });
  });

  test('is the only one that takes an answer', async () => {
    gateway.hang('reserveTenant');
    const { url } = await onboard();
    const early = await resolve(url, { body: { action: 'retry', reason: 'impatient' } });
    expect([early.status, early.body['code']]).toEqual([409, 'StepNotParked']);
    await cancel(url);
    await untilStatus(url, 'cancelled');
    const late = await resolve(url, { body: { action: 'retry', reason: 'too late' } });
    expect([late.status, late.body['code']]).toEqual([409, 'OperationClosed']);
  });
});
