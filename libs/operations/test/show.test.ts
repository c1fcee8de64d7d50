import { randomUUID } from 'node:crypto';
import { openProbe, until } from './probe-harness.ts';
import type { Probe } from './probe-harness.ts';

let probe: Probe;
beforeAll(async () => {
  probe = await openProbe();
});
afterAll(() => probe.close());

const terminate = (operationId: string) => probe.client.workflow.getHandle(operationId).terminate();

describe('one operation', () => {
  test('that runs is shown as it says itself', async () => {
    const { operationId } = await probe.start('waits');
    const view = await probe.operations.get(operationId);
    expect(view).toMatchObject({ operationId, type: 'probe', status: 'running', stale: false, cancellable: true });
    expect(view?.steps).toHaveLength(1);
    expect(view).not.toHaveProperty('closedAt');
    await terminate(operationId);
  });

  test('that completed has its result', async () => {
    const view = await probe.operations.get(await probe.end('completes'));
    expect(view).toMatchObject({ status: 'completed', result: 'done', stale: false, cancellable: false });
    expect(Date.parse(view!.closedAt!)).toBeGreaterThanOrEqual(Date.parse(view!.startedAt));
  });

  test('that failed has the state it failed with, and is not cancellable any more', async () => {
    const view = await probe.operations.get(await probe.end('fails'));
    expect(view).toMatchObject({ status: 'compensated', stale: false, cancellable: false, steps: [{ name: 'look' }] });
  });

  test('that failed without a state is failed, and the record says no more', async () => {
    const view = await probe.operations.get(await probe.end('fails without a state'));
    expect(view).toMatchObject({ status: 'failed', stale: true, steps: [], error: { type: 'DatabaseRefused' } });
  });

  test('that was cancelled is shown so, also when it did not say so itself', async () => {
    for (const mode of ['waits', 'cancels without a word'] as const) {
      const { operationId } = await probe.start(mode);
      await until(
        async () => (await probe.operations.get(operationId))?.stale,
        (stale) => stale === false,
      );
      await probe.operations.cancel(operationId);
      expect(await probe.operations.ended(operationId, 20_000)).toBe(true);
      expect(await probe.operations.get(operationId)).toMatchObject({ status: 'cancelled', cancellable: false });
    }
  });

  test('that somebody terminated is failed, whatever it said of itself', async () => {
    const { operationId } = await probe.start('waits');
    await probe.operations.get(operationId);
    await terminate(operationId);
    expect(await probe.operations.get(operationId)).toMatchObject({
      status: 'failed',
      stale: true,
      cancellable: false,
      error: { type: 'Terminated' },
    });
  });

  test('that no worker answers for is shown from the record within three seconds', async () => {
    const operationId = await probe.orphan();
    const began = Date.now();
    expect(await probe.operations.get(operationId)).toMatchObject({ status: 'running', stale: true, steps: [] });
    expect(Date.now() - began).toBeLessThan(3_000);
    await terminate(operationId);
  });

  test('that never was is undefined, as is what is no operation id', async () => {
    expect(await probe.operations.get(`${randomUUID()}:probe:unknown`)).toBeUndefined();
    const handle = await probe.client.workflow.start('probe', {
      taskQueue: 'nobody',
      workflowId: `by-hand-${randomUUID()}`,
      args: [{}],
    });
    expect(await probe.operations.get(handle.workflowId)).toBeUndefined();
    await handle.terminate();
  });

  test('is waited for, but not longer than asked', async () => {
    const { operationId } = await probe.start('waits');
    const began = Date.now();
    expect(await probe.operations.ended(operationId, 300)).toBe(false);
    expect(Date.now() - began).toBeLessThan(2_000);
    await terminate(operationId);
    expect(await probe.operations.ended(operationId, 5_000)).toBe(true);
  });
});

describe('a list', () => {
  const tenantId = randomUUID();
  const ids: Record<string, string> = {};
  const list = (more: object = {}) => probe.operations.list({ tenantId, limit: 20, ...more });

  beforeAll(async () => {
    ids['completed'] = await probe.end('completes', { tenantId });
    ids['compensated'] = await probe.end('fails', { tenantId });
    ids['silent'] = await probe.end('fails without a state', { tenantId });
    ids['terminated'] = (await probe.start('waits', { tenantId })).operationId;
    await terminate(ids['terminated']);
    ids['running'] = (await probe.start('waits', { tenantId })).operationId;
    await probe.end('completes', { tenantId: randomUUID() });
    await until(list, ({ operations }) => operations.length === 5 && !!operations[1]?.closedAt);
  });
  afterAll(() => terminate(ids['running']!));

  test("has one tenant's operations, newest first, none claiming to run that does not", async () => {
    const { operations, nextPage } = await list();
    expect(nextPage).toBeUndefined();
    const statuses = new Map(operations.map(({ operationId, status }) => [operationId, status]));
    expect(Object.fromEntries(Object.entries(ids).map(([name, id]) => [name, statuses.get(id)]))).toEqual({
      completed: 'completed',
      compensated: 'compensated',
      silent: 'failed',
      terminated: 'failed',
      running: 'running',
    });
    expect(operations[0]).toMatchObject({ operationId: ids['running'], type: 'probe', tenantId });
  });

  test.each([
    ['running', ['running']],
    ['completed', ['completed']],
    ['compensated', ['compensated']],
    ['failed', ['silent', 'terminated']],
    ['needs-attention', []],
    ['cancelled', []],
  ] as const)('of the status "%s" has those that show it', async (status, names) => {
    const { operations } = await list({ status });
    expect(operations.map(({ operationId }) => operationId).sort()).toEqual(names.map((name) => ids[name]).sort());
    expect(operations.every((one) => one.status === status)).toBe(true);
  });

  test('goes on where the page before ended', async () => {
    const seen: string[] = [];
    for (let page: string | undefined; ;) {
      const { operations, nextPage } = await list({ limit: 2, ...(page === undefined ? {} : { page }) });
      expect(operations.length).toBeLessThanOrEqual(2);
      seen.push(...operations.map(({ operationId }) => operationId));
      if (nextPage === undefined) break;
      page = nextPage;
    }
    expect(seen.sort()).toEqual(Object.values(ids).sort());
  });

  test('takes no page that it did not give', async () => {
    await expect(list({ page: 'c2VjcmV0' })).rejects.toMatchObject({ code: 'PageUnknown' });
    await expect(list({ page: '' })).rejects.toMatchObject({ code: 'PageUnknown' });
  });

  test('takes no value that could change the query', async () => {
    await expect(list({ tenantId: "x' OR TenantId != '" })).rejects.toThrow(RangeError);
    await expect(list({ status: "running' OR TenantId != '" })).rejects.toThrow(RangeError);
  });
});
