import { randomUUID } from 'node:crypto';
import { parseOperationId } from '@adx/contract-kit';
import { fingerprintOf } from '@adx/operations';
import { probeContract } from './probe.contract.ts';
import { openProbe } from './probe-harness.ts';
import type { Probe } from './probe-harness.ts';

let probe: Probe;
beforeAll(async () => {
  probe = await openProbe();
});
afterAll(() => probe.close());

const describeOf = (operationId: string) => probe.client.workflow.getHandle(operationId).describe();

test('records what an operation is found and repeated by', async () => {
  const tenantId = randomUUID();
  const { operationId, repeated } = await probe.start('completes', { tenantId });
  expect(repeated).toBe(false);
  expect(parseOperationId(operationId)).toMatchObject({ tenantId, workflowType: 'probe' });
  const { memo, searchAttributes } = await describeOf(operationId);
  expect(memo).toEqual({ fingerprint: fingerprintOf({ mode: 'completes', note: 'none' }), boundsScale: 0.5 });
  expect(searchAttributes).toMatchObject({ TenantId: [tenantId], OperationType: ['probe'] });
  expect(searchAttributes).not.toHaveProperty('BusinessKey');
});

test('hands the process its parsed input and its call', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const { operationId } = await probe.start('completes', { traceparent });
  const { events } = await probe.client.workflow.getHandle(operationId).fetchHistory();
  const payloads = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  expect(payloads.map(({ data }) => JSON.parse(Buffer.from(data!).toString()) as unknown)).toEqual([
    { mode: 'completes', note: 'none' },
    { operationId, principal: 'signed', traceparent },
  ]);
});

test('sets no time-out of the server: one that it ends runs no undo', async () => {
  const { operationId } = await probe.start('completes');
  const { raw } = await describeOf(operationId);
  expect(Number(raw.executionConfig?.workflowExecutionTimeout?.seconds ?? 0)).toBe(0);
  expect(Number(raw.executionConfig?.workflowRunTimeout?.seconds ?? 0)).toBe(0);
});

test('names the tenant to the queue, so that none of them starves the others', async () => {
  const tenantId = randomUUID();
  const { operationId } = await probe.start('completes', { tenantId });
  const { events } = await probe.client.workflow.getHandle(operationId).fetchHistory();
  expect(events?.[0]?.workflowExecutionStartedEventAttributes?.priority?.fairnessKey).toBe(tenantId);
});

test('does not show the Idempotency-Key in the id', async () => {
  const key = 'invoice-of-ann-0001';
  const { operationId } = await probe.start('completes', { key });
  expect(operationId).not.toContain('ann');
});

test('finds the operation of a repeated request, also when it has ended', async () => {
  const again = { key: randomUUID(), tenantId: randomUUID() };
  const operationId = await probe.end('completes', again);
  expect(await probe.start('completes', again)).toEqual({ operationId, repeated: true });
  await probe.end('fails', { ...again, key: `${again.key}-2` });
  expect(await probe.start('fails', { ...again, key: `${again.key}-2` })).toMatchObject({ repeated: true });
});

test('refuses another request under the same key', async () => {
  const again = { key: randomUUID(), tenantId: randomUUID() };
  await probe.start('completes', again);
  await expect(probe.start('fails', again)).rejects.toMatchObject({ code: 'IdempotencyKeyReused' });
});

test('tells what a request started before without starting anything', async () => {
  const { probe: definition } = probeContract.workflows;
  const again = { key: randomUUID(), tenantId: randomUUID() };
  const request = {
    input: { mode: 'completes' as const, note: 'none' },
    principal: 'signed',
    subject: 'ann',
    tenantId: again.tenantId,
    idempotencyKey: again.key,
  };
  expect(await probe.operations.find(definition, request)).toBeUndefined();
  const { operationId } = await probe.start('completes', again);
  expect(await probe.operations.find(definition, request)).toEqual({ operationId, repeated: true });
  const other = { ...request, input: { mode: 'fails' as const, note: 'none' } };
  await expect(probe.operations.find(definition, other)).rejects.toMatchObject({ code: 'IdempotencyKeyReused' });
});

test('keeps the keys of two callers, and of two tenants, apart', async () => {
  const again = { key: randomUUID(), tenantId: randomUUID() };
  await probe.start('completes', again);
  expect(await probe.start('fails', { ...again, subject: 'bob' })).toMatchObject({ repeated: false });
  expect(await probe.start('fails', { ...again, tenantId: randomUUID() })).toMatchObject({ repeated: false });
});

test('starts one operation for eight that race with one key', async () => {
  const again = { key: randomUUID(), tenantId: randomUUID() };
  const started = await Promise.all(Array.from({ length: 8 }, () => probe.start('completes', again)));
  expect(new Set(started.map(({ operationId }) => operationId)).size).toBe(1);
  expect(started.filter(({ repeated }) => !repeated)).toHaveLength(1);
});

test('starts one operation for a business key, whoever asks', async () => {
  const entity = { workflow: 'probeEntity', note: 'subscription', tenantId: randomUUID() } as const;
  const { operationId } = await probe.start('completes', entity);
  expect(operationId).toBe(`${entity.tenantId}:probeEntity:subscription`);
  expect(await probe.start('completes', { ...entity, subject: 'bob' })).toEqual({ operationId, repeated: true });
  expect((await describeOf(operationId)).searchAttributes).toMatchObject({ BusinessKey: ['subscription'] });
});
