import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Resolution } from '@adx/contract-kit';
import { createOperations } from '@adx/operations';
import { Client, Connection } from '@temporalio/client';
import { probeContract } from './probe.contract.ts';
import { openProbe } from './probe-harness.ts';
import type { Probe } from './probe-harness.ts';

const nudge = (by: string) => ({ signal: 'nudged', payload: { by }, principal: 'signed' }) as const;

let probe: Probe;
beforeAll(async () => {
  probe = await openProbe();
});
afterAll(() => probe.close());

const unknown = () => `${randomUUID()}:probe:unknown`;
const look: Resolution = { step: 'look', action: 'retry', reason: 'seen to', fingerprint: 'f' };
const resolve = (operationId: string, resolution: Resolution = look, updateId: string = randomUUID()) =>
  probe.operations.resolve(operationId, {
    resolution,
    call: { operationId, principal: 'signed' },
    updateId,
    withinMs: resolution.reason === 'slow' ? 500 : 20_000,
  });

describe('a cancellation', () => {
  test('changes nothing of an operation that has ended', async () => {
    const operationId = await probe.end('completes');
    await probe.operations.cancel(operationId);
    expect(await probe.operations.get(operationId)).toMatchObject({ status: 'completed', result: 'done' });
  });

  test('of an operation that never was says so', async () => {
    await expect(probe.operations.cancel(unknown())).rejects.toMatchObject({ code: 'OperationUnknown' });
  });
});

describe('an answer to a parked step', () => {
  test('gets its outcome, and a repeat the same one, also after the operation has ended', async () => {
    const { operationId } = await probe.start('waits');
    const updateId = randomUUID();
    const outcome = await resolve(operationId, look, updateId);
    expect(outcome).toEqual({ step: 'look', action: 'retry', outcome: 'resolved', fingerprint: 'f' });
    expect(await probe.operations.ended(operationId, 20_000)).toBe(true);
    expect(await resolve(operationId, look, updateId)).toEqual(outcome);
    expect((await probe.operations.get(operationId))?.result).toBe('resolved 1');
  });

  test('under a key that was used for another one is refused', async () => {
    const { operationId } = await probe.start('waits');
    const updateId = randomUUID();
    await resolve(operationId, look, updateId);
    const other = resolve(operationId, { ...look, action: 'skip', fingerprint: 'g' }, updateId);
    await expect(other).rejects.toMatchObject({ code: 'IdempotencyKeyReused' });
  });

  test('that the process refuses is refused for its reason', async () => {
    const { operationId } = await probe.start('waits');
    await expect(resolve(operationId, { ...look, step: 'leap' })).rejects.toMatchObject({ type: 'StepNotParked' });
    await resolve(operationId);
  });

  test('to an operation that has ended, or never was, says which', async () => {
    await expect(resolve(await probe.end('completes'))).rejects.toMatchObject({ code: 'OperationClosed' });
    await expect(resolve(unknown())).rejects.toMatchObject({ code: 'OperationUnknown' });
  });

  test('that no worker takes is not said to be taken', async () => {
    const operationId = await probe.orphan();
    await expect(resolve(operationId)).rejects.toMatchObject({ code: 'WorkerUnavailable' });
    await probe.client.workflow.getHandle(operationId).terminate();
  });

  test('that is taken, but takes long, has no outcome yet', async () => {
    const { operationId } = await probe.start('waits');
    expect(await resolve(operationId, { ...look, reason: 'slow' })).toBeUndefined();
    await probe.client.workflow.getHandle(operationId).terminate();
  });
});

test('everything says within seconds that nobody answers', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolved) => server.once('listening', resolved));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolved) => server.close(resolved));
  const connection = Connection.lazy({ address: `127.0.0.1:${port}`, tls: false });
  const operations = createOperations({ client: new Client({ connection }) });
  const operationId = unknown();
  const began = Date.now();
  const answers = await Promise.allSettled([
    operations.get(operationId),
    operations.list({ limit: 1 }),
    operations.cancel(operationId),
    operations.tell(probeContract.workflows.probe, operationId, { ...nudge('ann'), updateId: 'u' }),
    operations.resolve(operationId, { resolution: look, call: { operationId, principal: 'signed' }, updateId: 'u' }),
    operations.ready(),
  ]);
  expect(answers.map((answer) => answer.status === 'rejected' && (answer.reason as { code: string }).code)).toEqual(
    Array.from(answers, () => 'TemporalUnavailable'),
  );
  // Generous, as the machine may be busy: without a limit of its own a call would wait for ever.
  expect(Date.now() - began).toBeLessThan(30_000);
  await connection.close();
});
