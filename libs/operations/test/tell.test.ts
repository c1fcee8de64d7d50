import { randomUUID } from 'node:crypto';
import { probeContract } from './probe.contract.ts';
import { openProbe } from './probe-harness.ts';
import type { Probe } from './probe-harness.ts';

const { probe: definition, probeEntity } = probeContract.workflows;

let probe: Probe;
beforeAll(async () => {
  probe = await openProbe();
});
afterAll(() => probe.close());

interface More {
  readonly updateId?: string;
  readonly principal?: string;
  readonly times?: number;
  readonly withinMs?: number;
}
const tell = (operationId: string, by: string, more: More = {}) => {
  const { updateId = randomUUID(), principal = 'signed', withinMs = 20_000, times } = more;
  const payload = { by, ...(times === undefined ? {} : { times }) };
  return probe.operations.tell(definition, operationId, { signal: 'nudged', payload, principal, updateId, withinMs });
};

test('a process that is told something has it, as its contract parses it', async () => {
  const { operationId } = await probe.start('waits');
  expect(await tell(operationId, 'ann')).toEqual({ taken: true });
  expect(await tell(operationId, 'bo', { times: 2 })).toEqual({ taken: true });
  await tell(operationId, 'the last');
  expect(await probe.operations.ended(operationId, 20_000)).toBe(true);
  expect((await probe.operations.get(operationId))?.result).toBe('nudged 4');
});

test('the same message counts once, and gets the same answer also after the operation has ended', async () => {
  const { operationId } = await probe.start('waits');
  const updateId = randomUUID();
  await tell(operationId, 'ann', { updateId });
  expect(await tell(operationId, 'ann', { updateId })).toEqual({ taken: true });
  await tell(operationId, 'the last');
  expect(await probe.operations.ended(operationId, 20_000)).toBe(true);
  expect(await tell(operationId, 'ann', { updateId })).toEqual({ taken: true });
  expect((await probe.operations.get(operationId))?.result).toBe('nudged 2');
});

test('another message to one that has ended, or never was, or is another process, says which', async () => {
  await expect(tell(await probe.end('completes'), 'ann')).rejects.toMatchObject({ code: 'OperationClosed' });
  await expect(tell(`${randomUUID()}:probe:unknown`, 'ann')).rejects.toMatchObject({ code: 'OperationUnknown' });
  const { operationId } = await probe.start('waits', { workflow: 'probeEntity', key: 'k', note: randomUUID() });
  await expect(tell(operationId, 'ann')).rejects.toMatchObject({ code: 'OperationUnknown' });
  expect(probeEntity.signals).toEqual({});
  await probe.client.workflow.getHandle(operationId).terminate();
});

test('what is not what the contract declares is refused, and gets into no history', async () => {
  const { operationId } = await probe.start('waits');
  const secret = { by: 7, secret: 'sesame' } as never;
  const told = probe.operations.tell(definition, operationId, {
    signal: 'nudged',
    payload: secret,
    principal: 'signed',
    updateId: randomUUID(),
  });
  await expect(told).rejects.toMatchObject({
    type: 'InvalidInput',
    message: 'probe is told "nudged" with faults: by (invalid_type), nudged (unrecognized_keys)',
  });
  const history = await probe.client.workflow.getHandle(operationId).fetchHistory();
  expect(JSON.stringify(history)).not.toContain('UpdateAccepted');
  await tell(operationId, 'the last');
});

test('what the process refuses is refused for its reason', async () => {
  const { operationId } = await probe.start('waits');
  await expect(tell(operationId, 'too late')).rejects.toMatchObject({ type: 'SignalRefused' });
  await expect(tell(operationId, 'ann', { principal: 'forged' })).rejects.toMatchObject({
    type: 'TenantAccessDenied',
  });
  await tell(operationId, 'the last');
});

test('what is taken and takes long has no answer yet, and what no worker takes is not said to be taken', async () => {
  const { operationId } = await probe.start('waits');
  expect(await tell(operationId, 'slow', { withinMs: 500 })).toBeUndefined();
  await probe.client.workflow.getHandle(operationId).terminate();
  const orphan = await probe.orphan();
  await expect(tell(orphan, 'ann')).rejects.toMatchObject({ code: 'WorkerUnavailable' });
  await probe.client.workflow.getHandle(orphan).terminate();
});
