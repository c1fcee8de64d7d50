import { declaredError } from '@adx/contract-kit';
import { startTemporal } from '@adx/local-parts';
import { broken, openShop, refused } from './shop/shop-harness.ts';
import type { Shop } from './shop/shop-harness.ts';

let temporal: Awaited<ReturnType<typeof startTemporal>>;
let shop: Shop;
beforeAll(async () => {
  temporal = await startTemporal({ binary: process.env['ADX_TEST_TEMPORAL_CLI']!, preciseTimers: true });
  shop = await openShop(temporal.address);
});
afterAll(async () => {
  await shop.close();
  await temporal.stop();
});
beforeEach(() => shop.reset());

const cardRefused = () => {
  throw declaredError('bank', 'CardRefused', { card: 'visa' });
};
const undos = () => shop.attempts.filter((attempt) => attempt.endsWith('.undo'));
/** A step that is under way until the test lets it go on. */
function held(activity: string) {
  const gate = Promise.withResolvers<{ item: string }>();
  shop.script(activity, () => gate.promise);
  return gate;
}

describe('an optional step', () => {
  test('that succeeds gives its output', async () => {
    expect(await (await shop.start('has an optional step')).ending()).toEqual({ result: { parcel: 'P1' } });
    expect(undos()).toEqual([]);
  });

  test('that fails is undone at once, tells why, and the saga goes on', async () => {
    shop.script('charge', cardRefused);
    const sale = await shop.start('has an optional step');
    expect(await sale.ending()).toEqual({ result: { parcel: 'bank.CardRefused' } });
    expect(shop.attempts).toEqual(['reserve', 'charge', 'charge.undo', 'pack', 'ship']);
    expect((await sale.state()).status).toBe('completed');
  });

  test.each([
    ['succeeded', () => ({ item: 'book' }), ['pack.undo', 'charge.undo', 'reserve.undo']],
    ['failed', cardRefused, ['charge.undo', 'pack.undo', 'reserve.undo']],
  ] as const)('that %s is undone once when the saga fails', async (_how, charge, order) => {
    shop.script('charge', charge);
    shop.script('pack', refused('InvalidInput'));
    const { type, state } = await (await shop.start('has an optional step')).ending();
    expect([type, state?.error?.type]).toEqual(['SagaCompensated', 'InvalidInput']);
    expect(undos()).toEqual(order);
  });

  test('whose undo is stuck waits for a person, who cannot give up for the saga', async () => {
    shop.script('charge', cardRefused);
    shop.script('charge.undo', refused('UndoImpossible'));
    const sale = await shop.start('has an optional step');
    const { attention } = await sale.until(({ status }) => status === 'needs-attention');
    expect(attention).toMatchObject([{ step: 'charge', phase: 'undo', actions: ['retry', 'skip', 'done-by-hand'] }]);
    await sale.resolve('charge', 'skip');
    expect(await sale.ending()).toEqual({ result: { parcel: 'bank.CardRefused' } });
    expect((await sale.state()).status).toBe('completed-with-errors');
  });

  test('under way when the saga is cancelled is undone with the others', async () => {
    const gate = held('charge');
    const sale = await shop.start('has an optional step');
    await sale.until(({ steps }) => steps[1]?.status === 'running' && shop.attempts.includes('charge'));
    await sale.handle.cancel();
    expect(await sale.ending()).toMatchObject({ type: 'CancelledFailure' });
    expect(undos()).toEqual(['charge.undo', 'reserve.undo']);
    gate.resolve({ item: 'book' });
  });
});

describe('a parallel group', () => {
  test('begins its branches in order, does them at the same time and gives what each gave', async () => {
    const gate = held('charge');
    const sale = await shop.start('does two things at once');
    await sale.until(({ steps }) => steps[1]?.status === 'running' && steps[2]?.status === 'done');
    gate.resolve({ item: 'card' });
    expect(await sale.ending()).toEqual({ result: { parcel: 'card and book' } });
    expect((await sale.state()).steps.map(({ name }) => name)).toEqual(['reserve', 'charge', 'pack', 'ship']);
  });

  test('is undone in the reverse of the order in which it began', async () => {
    shop.script('ship', broken);
    shop.script('ship.settle', () => ({ outcome: 'fenced' }));
    expect(await (await shop.start('does two things at once')).ending()).toMatchObject({ type: 'SagaCompensated' });
    expect(undos()).toEqual(['pack.undo', 'charge.undo', 'reserve.undo']);
  });

  test('ends at the first failure: the other branch is cancelled, and the failure is the one that is told', async () => {
    const gate = held('charge');
    shop.script('pack', async () => {
      // Both are under way.
      while (!shop.attempts.includes('charge')) await new Promise((resolve) => setTimeout(resolve, 5));
      return refused('InvalidInput')();
    });
    const { type, rootType, state } = await (await shop.start('does two things at once')).ending();
    expect([type, rootType]).toEqual(['SagaCompensated', 'InvalidInput']);
    expect(state?.steps.map(({ name, status, undo }) => [name, status, undo])).toEqual([
      ['reserve', 'done', 'undone'],
      ['charge', 'failed', 'undone'],
      ['pack', 'failed', 'undone'],
    ]);
    expect(state?.error?.type).toBe('InvalidInput');
    expect(undos()).toEqual(['pack.undo', 'charge.undo', 'reserve.undo']);
    gate.resolve({ item: 'late' });
  });
});

describe('a read', () => {
  test('gives its answer and has nothing to undo', async () => {
    shop.script('reserve', refused('InvalidInput'));
    expect(await (await shop.start('looks first')).ending()).toMatchObject({ type: 'SagaCompensated' });
    expect(shop.attempts).toEqual(['look', 'reserve', 'reserve.undo']);
  });

  test('that fails fails the saga', async () => {
    shop.script('look', refused('InvalidInput'));
    expect(await (await shop.start('looks first')).ending()).toMatchObject({ rootType: 'InvalidInput' });
    expect(shop.attempts).toEqual(['look']);
  });
});

describe('a wait', () => {
  const waiting = async (mode: string, options?: { readonly scale?: number }) => {
    const sale = await shop.start(mode, options);
    await sale.until(({ steps }) => steps[1]?.status === 'waiting');
    return sale;
  };

  test('for a signal shows as a waiting step and ends with what was told', async () => {
    const sale = await waiting('waits for the money');
    expect((await sale.state()).steps[1]).toMatchObject({ name: 'paid', service: 'shop', status: 'waiting' });
    expect(await sale.tell('paid', { amount: 7 })).toEqual({ taken: true });
    expect(await sale.ending()).toEqual({ result: { parcel: 'paid 7' } });
    expect((await sale.state()).steps[1]?.status).toBe('done');
  });

  test('gets what was told before it began', async () => {
    const gate = held('reserve');
    const sale = await shop.start('waits for the money');
    await sale.until(({ steps }) => steps[0]?.status === 'running' && shop.attempts.length > 0);
    const told = sale.tell('paid', { amount: 8 });
    gate.resolve({ item: 'book' });
    await told;
    expect(await sale.ending()).toEqual({ result: { parcel: 'paid 8' } });
  });

  test('takes a signal of Temporal as well, which waits for no answer', async () => {
    const sale = await waiting('waits for the money');
    await sale.handle.signal('paid', { amount: 9 }, { operationId: 'x', principal: 'the bank' });
    expect(await sale.ending()).toEqual({ result: { parcel: 'paid 9' } });
  });

  test('is not wedged by what does not fit: it is refused or dropped, and the next one counts', async () => {
    const fits = (input: unknown) => typeof (input as { amount?: unknown } | null)?.amount === 'number';
    shop.script('buy.paid.check', (input) => (fits(input) ? input : refused('InvalidInput')()));
    const sale = await waiting('waits for the money');
    await expect(sale.tell('paid', { amount: 'seven' })).rejects.toMatchObject({ cause: { type: 'InvalidInput' } });
    await sale.handle.signal('paid');
    await sale.handle.signal('paid', 'garbage', 'garbage');
    await sale.handle.signal('unheardOf', 1);
    await expect(sale.tell('unheardOf', 1)).rejects.toThrow();
    expect((await sale.state()).steps[1]?.status).toBe('waiting');
    await sale.tell('paid', { amount: 1 });
    expect(await sale.ending()).toEqual({ result: { parcel: 'paid 1' } });
  });

  test('has every sender checked under its own call, never under that of the operation', async () => {
    const sale = await waiting('waits for the money');
    await sale.tell('paid', { amount: 2 }, { call: null });
    await sale.ending();
    const check = shop.calls[shop.attempts.indexOf('buy.paid.check')]!;
    expect(check.principal).toBeUndefined();
    expect(check.operationId).toBe(sale.handle.workflowId);
  });

  test('that gets nothing in time says so, and the author decides', async () => {
    const sale = await shop.start('waits for the money', { scale: 0.002 });
    expect(await sale.ending()).toMatchObject({ type: 'SagaCompensated', rootType: 'shop.Unpaid' });
    expect((await sale.state()).steps[1]?.status).toBe('expired');
    expect(undos()).toEqual(['reserve.undo']);
  });

  test('ends with a cancellation, and everything is undone', async () => {
    const sale = await waiting('waits for the money');
    await sale.handle.cancel();
    expect(await sale.ending()).toMatchObject({ type: 'CancelledFailure' });
    expect(undos()).toEqual(['reserve.undo']);
    await expect(sale.tell('paid', { amount: 3 })).rejects.toThrow();
  });

  test('without a time of its own ends with the deadline', async () => {
    const sale = await shop.start('waits for the money as long as it takes', { scale: 0.002 });
    expect(await sale.ending()).toMatchObject({ type: 'SagaTimedOut' });
  });

  test('for a time ends after it', async () => {
    const sale = await shop.start('waits a while');
    expect(await sale.ending()).toEqual({ result: { parcel: 'late' } });
    expect((await sale.state()).steps.map(({ name, status }) => [name, status])).toEqual([
      ['reserve', 'done'],
      ['wait', 'done'],
    ]);
  });
});

describe('a child', () => {
  test('is an operation of its own, whose id follows from this one, under the same principal', async () => {
    const sale = await shop.start('has a child');
    expect(await sale.ending()).toEqual({ result: { parcel: 'book' } });
    const [tenantId, type, key] = sale.handle.workflowId.split(':');
    const operationId = `${tenantId}:deliver:${type}-${key}-deliver`;
    expect((await sale.state()).steps[1]).toMatchObject({ name: 'deliver', service: 'depot', operationId });
    const collect = shop.calls[shop.attempts.indexOf('collect')]!;
    expect([collect.operationId, collect.principal]).toEqual([operationId, 'the customer']);
    expect(undos()).toEqual([]);
  });

  test('that finished is undone by the saga that its contract names', async () => {
    shop.script('charge', cardRefused);
    expect(await (await shop.start('has a child')).ending()).toMatchObject({ type: 'SagaCompensated' });
    expect(shop.attempts).toEqual(['reserve', 'collect', 'charge', 'charge.undo', 'putBack', 'reserve.undo']);
  });

  test('that failed has undone itself, and fails the saga with its reason', async () => {
    shop.script('collect', refused('InvalidInput'));
    const ending = await (await shop.start('has a child')).ending();
    expect(ending).toMatchObject({ type: 'SagaCompensated', rootType: 'InvalidInput' });
    expect(shop.attempts).toEqual(['reserve', 'collect', 'collect.undo', 'reserve.undo']);
  });

  test('is cancelled with the saga, which waits for its undo', async () => {
    const sale = await shop.start('has a child that waits');
    await sale.until(({ steps }) => steps[1]?.status === 'running' && shop.attempts.includes('collect'));
    const gate = Promise.withResolvers<null>();
    shop.script('collect.undo', () => gate.promise);
    await sale.handle.cancel();
    await sale.until(() => shop.attempts.includes('collect.undo'));
    expect((await sale.state()).steps[1]?.status).toBe('running');
    gate.resolve(null);
    expect(await sale.ending()).toMatchObject({ type: 'CancelledFailure' });
    expect(undos()).toEqual(['collect.undo', 'reserve.undo']);
  });

  test('that was given up leaves the saga failed: effects are left behind', async () => {
    const sale = await shop.start('has a child that waits');
    const { steps } = await sale.until((state) => shop.attempts.includes('collect') && state.steps.length === 2);
    shop.script('collect.undo', refused('UndoImpossible'));
    await sale.handle.cancel();
    const child = shop.operation(steps[1]!.operationId!);
    await child.until(({ status }) => status === 'needs-attention');
    await child.resolve('collect', 'give-up');
    expect(await sale.ending()).toMatchObject({ type: 'SagaFailed', state: { status: 'failed' } });
  });

  test('whose undo fails is parked, and a retry is another operation', async () => {
    shop.script('charge', cardRefused);
    shop.script('putBack', refused('InvalidInput'));
    const sale = await shop.start('has a child');
    const { attention } = await sale.until(({ status }) => status === 'needs-attention');
    expect(attention).toMatchObject([{ step: 'deliver', phase: 'undo', error: { type: 'InvalidInput' } }]);
    shop.script('putBack', () => ({ item: 'book' }));
    expect(await sale.resolve('deliver', 'retry')).toMatchObject({ outcome: 'resolved' });
    expect(await sale.ending()).toMatchObject({ type: 'SagaCompensated' });
    expect(shop.attempts).toContain('deliver.resolve');
    const undoing = shop.calls.filter((_call, index) => shop.attempts[index] === 'putBack');
    expect(undoing.map(({ operationId }) => operationId.split('-').at(-1))).toEqual(['deliver', '2']);
  });

  test('that was ended from outside is parked: nobody knows what it left behind', async () => {
    const sale = await shop.start('has a child that waits');
    const { steps } = await sale.until((state) => shop.attempts.includes('collect') && state.steps.length === 2);
    await shop.operation(steps[1]!.operationId!).handle.terminate();
    const { attention } = await sale.until(({ status }) => status === 'needs-attention');
    expect(attention).toMatchObject([{ step: 'deliver', phase: 'undo', error: { type: 'UndoImpossible' } }]);
    await sale.resolve('deliver', 'done-by-hand', { ticket: 'OPS-9' });
    expect(await sale.ending()).toMatchObject({ type: 'SagaCompensated' });
  });

  test('behind the pivot is parked when it fails, and a retry is another operation', async () => {
    shop.script('collect', refused('InvalidInput'));
    const sale = await shop.start('has a child behind the pivot');
    const { attention } = await sale.until(({ status }) => status === 'needs-attention');
    expect(attention).toMatchObject([{ step: 'advertise', phase: 'tail', error: { type: 'InvalidInput' } }]);
    shop.script('collect', () => ({ item: 'book' }));
    await sale.resolve('advertise', 'retry');
    expect(await sale.ending()).toEqual({ result: { parcel: 'P1' } });
    expect((await sale.state()).status).toBe('completed');
  });
});
