import { randomUUID } from 'node:crypto';
import { startTestPlatform, unique } from '@adx/testing';
import type { TestPlatform } from '@adx/testing';
import { openGateway } from './test-gateway.ts';
import type { TestGateway } from './test-gateway.ts';

// A tenant whose keys are gone: the door says what is still known, and what is gone for ever, and never breaks.

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform();
}, 120_000);
const gateways: TestGateway[] = [];
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.close()));
  await platform?.stop();
}, 60_000);
afterEach(() => platform.faults.set());

const open = async () => {
  const gateway = await openGateway(platform);
  gateways.push(gateway);
  return gateway;
};
const onboard = (gateway: TestGateway, ownerEmail: string, key = randomUUID()) => {
  const body = { slug: unique('acme'), name: 'Acme', plan: 'team', ownerEmail };
  const headers = { 'idempotency-key': key, prefer: 'wait=30' };
  return { key, body, answer: gateway.ask('POST', '/v1/tenants', { body, headers }) };
};

test('operations of a tenant whose keys were destroyed are shown from the record, and take no new request', async () => {
  const before = await open();
  const onboarding = onboard(before, 'ada@acme.example');
  const completed = (await onboarding.answer).body as { operationId: string; tenantId: string; status: string };
  const refused = (await onboard(before, 'ada@suppressed.example').answer).body as { operationId: string };
  const parked = await park(before);
  const tenants = [completed, refused, parked].map(({ operationId }) => operationId.split(':')[0]!);
  for (const tenantId of tenants) expect(await platform.encryption.keys.destroy(tenantId)).toBe(1);

  // Another process than before, so that nobody remembers a key.
  const gateway = await open();
  const seen = async (id: string) => {
    const { status, body } = await gateway.ask('GET', `/v1/operations/${id}`);
    return { http: status, ...body };
  };
  const record = { http: 200, stale: true, steps: [], cancellable: false };
  const shown = await seen(completed.operationId);
  expect(shown).toMatchObject({ ...record, status: 'completed', type: 'onboardTenant', tenantId: tenants[0] });
  expect(shown).not.toHaveProperty('result');
  expect(await seen(refused.operationId)).toMatchObject({ ...record, status: 'compensated' });
  expect(await seen(parked.operationId)).toMatchObject({ ...record, status: 'needs-attention' });

  for (const tenant of tenants) {
    const list = await gateway.ask('GET', `/v1/operations?tenant=${tenant}`);
    expect(list).toMatchObject({ status: 200, body: { operations: [{ tenantId: tenant }] } });
  }
  const gone = { status: 410, body: { code: 'KeysDestroyed' } };
  const headers = { 'idempotency-key': onboarding.key };
  expect(await gateway.ask('POST', '/v1/tenants', { body: onboarding.body, headers })).toMatchObject(gone);
  const resolution = { body: { action: 'retry', reason: 'mended' }, headers: { 'idempotency-key': randomUUID() } };
  const path = `/v1/operations/${parked.operationId}/steps/${parked.step}/resolution`;
  expect(await gateway.ask('POST', path, resolution)).toMatchObject(gone);
  const entry = `/v1/needs-attention/${parked.operationId}.${parked.step}`;
  expect(await gateway.ask('GET', entry)).toMatchObject(gone);
  const ended = `/v1/needs-attention/${refused.operationId}.${parked.step}`;
  expect((await gateway.ask('GET', ended)).status).toBe(404);
  expect(gateway.log.filter((line) => line.includes('"level":"error"') || line.includes('"level":50'))).toEqual([]);
  await platform.client.workflow.getHandle(parked.operationId).terminate();
}, 180_000);

/** An onboarding that waits for a person: its undo keeps failing. */
async function park(gateway: TestGateway): Promise<{ readonly operationId: string; readonly step: string }> {
  platform.faults.set({
    activity: 'createOwner',
    mode: 'undo',
    point: 'in-transaction',
    action: { kind: 'failure', type: 'UndoImpossible' },
  });
  const { answer } = onboard(gateway, 'ada@suppressed.example');
  await answer;
  const { body } = await gateway.ask('GET', '/v1/operations?status=needs-attention');
  const [{ operationId } = { operationId: '' }] = body['operations'] as { operationId: string }[];
  const view = (await gateway.ask('GET', `/v1/operations/${operationId}`)).body as { attention: { step: string }[] };
  expect(platform.faults.fired()).toEqual([1]);
  return { operationId, step: view.attention[0]!.step };
}
