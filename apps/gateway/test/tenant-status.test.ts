import { randomUUID } from 'node:crypto';
import { openGateway } from './gateway-harness.ts';
import type { TestGateway } from './gateway-harness.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

test.each([
  ['suspension', 'suspendTenant'],
  ['resumption', 'resumeTenant'],
])('a %s is begun once for a repeated request, as an operation of the tenant', async (path, process) => {
  const tenantId = randomUUID();
  gateway.owners.tenants.set(tenantId, { slug: 'acme' });
  const key = randomUUID();
  const ask = async () =>
    gateway.ask('POST', `/v1/tenants/${tenantId.toUpperCase()}/${path}`, { token: await gateway.operator(), key });
  const first = await ask();
  expect(first).toMatchObject({ status: 202, body: { tenantId } });
  const operationId = String(first.body['operationId']);
  expect(operationId).toMatch(new RegExp(`^${tenantId}:${process}:`));
  expect(first.headers['location']).toBe(`/v1/operations/${operationId}`);
  expect((await ask()).body['operationId']).toBe(operationId);
  await gateway.client.workflow.getHandle(operationId).terminate();
});
