import { declaredError } from '@adx/contract-kit';
import { waitUntil } from '@adx/local-parts';
import { activityInfo } from '@temporalio/activity';
import { broken, openShop, refused } from './shop/shop-harness.ts';
import type { Shop } from './shop/shop-harness.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());
beforeEach(() => shop.reset());

const cardRefused = () => {
  throw declaredError('bank', 'CardRefused', { card: 'visa' });
};
const undos = () => shop.attempts.filter((attempt) => attempt.endsWith('.undo'));

describe('a saga that gets through', () => {
  test('takes its steps in order and ends completed', async () => {
    const sale = await shop.start('plain');
    expect(await sale.ending()).toEqual({ result: { parcel: 'P1' } });
    expect(shop.attempts).toEqual(['reserve', 'charge', 'pack', 'ship', 'thank']);
    expect(await sale.statusAttribute()).toBe('completed');
    const { steps, status, cancellable } = await sale.state();
    expect({ status, cancellable }).toEqual({ status: 'completed', cancellable: false });
    expect(steps.map((step) => [step.name, step.service, step.status])).toEqual([
      ['reserve', 'shop', 'done'],
      ['charge', 'bank', 'done'],
      ['pack', 'shop', 'done'],
      ['ship', 'shop', 'done'],
      ['thank', 'shop', 'done'],
    ]);
  });

  test('expects heartbeats of the attempts of a step whose contract says so, and of no other', async () => {
    const told: unknown[] = [];
    const tell = () => {
      const { heartbeatTimeoutMs, startToCloseTimeoutMs } = activityInfo();
      told.push([heartbeatTimeoutMs, startToCloseTimeoutMs]);
      return { item: 'book' };
    };
    shop.script('inspect', tell);
    shop.script('charge', tell);
    await (await shop.start('with a long step', { scale: 1 })).ending();
    await (await shop.start('without a pivot', { scale: 1 })).ending();
    expect(told).toEqual([
      [30_000, 3_600_000],
      [0, 10_000],
    ]);
  });

  test('gives every attempt the ledger key of the operation and its own step', async () => {
    const sale = await shop.start('repeats a step');
    await sale.ending();
    const { firstExecutionRunId } = sale.handle as unknown as { firstExecutionRunId: string };
    const executionKey = `${sale.handle.workflowId}/${firstExecutionRunId}`;
    expect(shop.calls.map((call) => [call.step, call.executionKey, call.operationId])).toEqual([
      ['reserve', executionKey, sale.handle.workflowId],
      ['reserve~2', executionKey, sale.handle.workflowId],
    ]);
  });

  test('goes on with an own-queue step as an ordinary activity when its local attempt fails', async () => {
    let first = true;
    shop.script('reserve', () => {
      if (!first) return { item: 'book' };
      first = false;
      return broken();
    });
    const sale = await shop.start('plain');
    expect(await sale.ending()).toEqual({ result: { parcel: 'P1' } });
    expect(shop.attempts.slice(0, 3)).toEqual(['reserve', 'reserve', 'charge']);
  });

  test('waits for a tail that the author did not await', async () => {
    const sale = await shop.start('does not await a tail');
    expect(await sale.ending()).toEqual({ result: { parcel: 'P1' } });
    expect(shop.attempts).toContain('thank');
  });
});

describe('a saga that fails before its pivot', () => {
  test('undoes every attempted step, the failed one included, last one first', async () => {
    shop.script('pack', refused('InvalidInput'));
    const sale = await shop.start('plain');
    const ending = await sale.ending();
    expect(ending).toMatchObject({ type: 'SagaCompensated', rootType: 'InvalidInput' });
    expect(undos()).toEqual(['pack.undo', 'charge.undo', 'reserve.undo']);
    expect(ending.state?.steps.map(({ name, undo }) => [name, undo])).toEqual([
      ['reserve', 'undone'],
      ['charge', 'undone'],
      ['pack', 'undone'],
    ]);
    expect(await sale.statusAttribute()).toBe('compensated');
  });

  test('tells a declared error with its details', async () => {
    shop.script('charge', cardRefused);
    const { state } = await (await shop.start('plain')).ending();
    expect(state?.error).toEqual({ type: 'bank.CardRefused', message: 'bank.CardRefused', details: { card: 'visa' } });
  });

  test('uses up the attempts of a step that fails retryably, then undoes it', async () => {
    shop.script('charge', broken);
    expect(await (await shop.start('plain')).ending()).toMatchObject({ type: 'SagaCompensated' });
    expect(shop.attempts).toEqual(['reserve', 'charge', 'charge', 'charge', 'charge.undo', 'reserve.undo']);
  });

  test('fails although its author swallowed the failure of a step', async () => {
    shop.script('charge', cardRefused);
    expect(await (await shop.start('swallows a failure')).ending()).toMatchObject({ type: 'SagaCompensated' });
    expect(undos()).toEqual(['charge.undo', 'reserve.undo']);
  });

  test('fails although its author did not await the failing step', async () => {
    shop.script('charge', cardRefused);
    expect(await (await shop.start('does not await a step')).ending()).toMatchObject({ type: 'SagaCompensated' });
    expect(undos()).toEqual(['charge.undo', 'reserve.undo']);
  });

  test('undoes for a failure that its author throws', async () => {
    const ending = await (await shop.start('throws a failure of its own')).ending();
    expect(ending).toMatchObject({ type: 'SagaCompensated', rootType: 'shop.Closed' });
    expect(undos()).toEqual(['reserve.undo']);
  });

  test('says so when the ledger had fenced its step: it was undone before', async () => {
    shop.script('reserve', refused('StepFenced'));
    expect(await (await shop.start('plain')).ending()).toMatchObject({
      type: 'SagaAlreadyUndone',
      state: { status: 'failed' },
    });
  });
});

describe('interruptions', () => {
  test('undoes on cancellation and ends cancelled', async () => {
    const sale = await shop.start('waits before the pivot');
    await sale.until(({ steps }) => steps[0]?.status === 'done');
    await sale.handle.cancel();
    expect(await sale.ending()).toMatchObject({ type: 'CancelledFailure' });
    expect(undos()).toEqual(['reserve.undo']);
    expect((await sale.state()).status).toBe('cancelled');
    expect(await sale.statusAttribute()).toBe('cancelled');
  });

  test('do not forget a step that committed in a workflow task that was lost', async () => {
    const gate = Promise.withResolvers<{ item: string }>();
    shop.script('reserve', () => gate.promise);
    const sale = await shop.start('is one own step');
    await waitUntil(() => shop.attempts.includes('reserve') || undefined, { within: 20_000 });
    // The server does not take the end of a workflow that has not seen the request: the task comes again, with it.
    await sale.handle.cancel();
    gate.resolve({ item: 'book' });
    const { result, type } = await sale.ending();
    expect(shop.attempts.filter((attempt) => attempt === 'reserve').length).toBeGreaterThan(1);
    if (result) expect(result).toEqual({ parcel: 'none' });
    else expect([type, undos()]).toEqual(['CancelledFailure', ['reserve.undo']]);
  });

  test('undoes at its deadline and ends timed-out', async () => {
    const sale = await shop.start('waits before the pivot', { scale: 0.001 });
    expect(await sale.ending()).toMatchObject({
      type: 'SagaTimedOut',
      state: { status: 'timed-out', error: { type: 'DeadlineExceeded' } },
    });
    expect(undos()).toEqual(['reserve.undo']);
  });

  test('undoes a step that nobody takes by the deadline', async () => {
    const gate = Promise.withResolvers<null>();
    shop.script('charge', () => gate.promise);
    const sale = await shop.start('plain', { scale: 0.0005 });
    expect(await sale.ending()).toMatchObject({ type: 'SagaTimedOut' });
    // An undo may take more than one attempt: at this scale an attempt has 5 ms.
    expect([...new Set(undos())]).toEqual(['charge.undo', 'reserve.undo']);
    gate.resolve(null);
  });

  test('lets neither cancellation nor deadline through from the pivot on', async () => {
    const gate = Promise.withResolvers<{ parcel: string }>();
    shop.script('ship', () => gate.promise);
    const sale = await shop.start('waits after the pivot', { scale: 0.0015 });
    await sale.until(({ cancellable }) => !cancellable);
    await sale.handle.cancel();
    gate.resolve({ parcel: 'P1' });
    expect(await sale.ending()).toEqual({ result: { parcel: 'P1' } });
    expect(shop.attempts).toContain('thank');
    expect(undos()).toEqual([]);
  });
});

describe('a pivot whose outcome is unknown', () => {
  test('goes forward when the ledger says it was done', async () => {
    shop.script('ship', broken);
    shop.script('ship.settle', () => ({ outcome: 'done', output: { parcel: 'P2' } }));
    const sale = await shop.start('plain');
    expect(await sale.ending()).toEqual({ result: { parcel: 'P2' } });
    expect((await sale.state()).steps.find(({ name }) => name === 'ship')?.status).toBe('done');
  });

  test('undoes when the ledger has fenced it', async () => {
    shop.script('ship', broken);
    shop.script('ship.settle', () => ({ outcome: 'fenced' }));
    expect(await (await shop.start('plain')).ending()).toMatchObject({ type: 'SagaCompensated' });
    expect(undos()).toEqual(['pack.undo', 'charge.undo', 'reserve.undo']);
  });

  test('waits for a person when the ledger cannot say', async () => {
    shop.script('ship', broken);
    shop.script('ship.settle', refused('PivotUnsettled'));
    const sale = await shop.start('plain');
    const { attention } = await sale.until(({ status }) => status === 'needs-attention');
    expect(attention).toMatchObject([
      { step: 'ship', phase: 'pivot', error: { type: 'PivotUnsettled' }, actions: ['retry', 'give-up'] },
    ]);
    await expect(sale.resolve('ship', 'skip')).rejects.toMatchObject({ cause: { type: 'ResolutionRefused' } });
    expect(await sale.resolve('ship', 'retry')).toMatchObject({ outcome: 'parked-again' });
    shop.script('ship.settle', () => ({ outcome: 'done', output: { parcel: 'P3' } }));
    expect(await sale.resolve('ship', 'retry')).toMatchObject({ outcome: 'resolved' });
    expect(await sale.ending()).toEqual({ result: { parcel: 'P3' } });
  });

  test('leaves everything as it is when the person gives up, and says failed', async () => {
    shop.script('ship', broken);
    shop.script('ship.settle', refused('PivotUnsettled'));
    const sale = await shop.start('plain');
    await sale.until(({ status }) => status === 'needs-attention');
    await sale.resolve('ship', 'give-up');
    expect(await sale.ending()).toMatchObject({ type: 'SagaFailed', state: { status: 'failed' } });
    expect(undos()).toEqual([]);
  });

  test('is followed by no undo when the body fails behind it', async () => {
    expect(await (await shop.start('fails after the pivot')).ending()).toMatchObject({
      type: 'SagaFailed',
      rootType: 'shop.Closed',
    });
    expect(undos()).toEqual([]);
  });
});

describe('an undo that cannot go on', () => {
  beforeEach(() => {
    shop.script('pack', refused('InvalidInput'));
    shop.script('charge.undo', refused('UndoImpossible'));
  });
  const parked = async () => {
    const sale = await shop.start('plain');
    await sale.until(({ status, steps }) => status === 'needs-attention' && steps[0]?.undo === 'undone');
    return sale;
  };

  test('is parked while the others go on', async () => {
    const sale = await parked();
    expect(undos()).toEqual(['pack.undo', 'charge.undo', 'reserve.undo']);
    const { attention, steps } = await sale.state();
    expect(attention).toMatchObject([
      { step: 'charge', service: 'bank', phase: 'undo', error: { type: 'UndoImpossible' } },
    ]);
    expect(steps.map(({ undo }) => undo)).toEqual(['undone', 'parked', 'undone']);
    expect(await sale.statusAttribute()).toBe('needs-attention');
    await sale.handle.terminate();
  });

  test('ends compensated after a retry that works, and records the operator before it acts', async () => {
    const sale = await parked();
    shop.script('charge.undo', () => null);
    shop.reset();
    expect(await sale.resolve('charge', 'retry')).toEqual({
      step: 'charge',
      action: 'retry',
      outcome: 'resolved',
      fingerprint: 'f',
    });
    expect(await sale.ending()).toMatchObject({ type: 'SagaCompensated', state: { status: 'compensated' } });
    expect(shop.attempts).toEqual(['charge.resolve', 'charge.undo']);
    expect(shop.calls.map(({ principal, step }) => [principal, step])).toEqual([
      ['the operator', 'charge.resolve'],
      ['the customer', 'charge'],
    ]);
  });

  test('is parked again after a retry that does not work', async () => {
    const sale = await parked();
    expect(await sale.resolve('charge', 'retry')).toMatchObject({ outcome: 'parked-again' });
    expect((await sale.state()).status).toBe('needs-attention');
    await sale.resolve('charge', 'skip');
    await sale.ending();
    expect(shop.calls.map(({ step }) => step)).toContain('charge.resolve~2');
  });

  test('stays parked when the decision cannot be recorded', async () => {
    const sale = await parked();
    shop.script('charge.resolve', refused('InvalidInput'));
    await expect(sale.resolve('charge', 'skip')).rejects.toThrow();
    expect((await sale.state()).attention).toHaveLength(1);
    await sale.handle.terminate();
  });

  test('ends partly-compensated after a skip', async () => {
    const sale = await parked();
    await sale.resolve('charge', 'skip');
    expect(await sale.ending()).toMatchObject({
      type: 'SagaPartlyCompensated',
      rootType: 'InvalidInput',
      state: { status: 'partly-compensated' },
    });
    expect(await sale.statusAttribute()).toBe('partly-compensated');
  });

  test('ends compensated when it was done by hand, which needs a ticket', async () => {
    const sale = await parked();
    await expect(sale.resolve('charge', 'done-by-hand')).rejects.toMatchObject({
      cause: { type: 'ResolutionRefused' },
    });
    await sale.resolve('charge', 'done-by-hand', { ticket: 'OPS-7' });
    const { state } = await sale.ending();
    expect(state?.status).toBe('compensated');
    expect(state?.steps[1]?.undo).toBe('by-hand');
  });

  test('ends failed when the person gives up', async () => {
    const sale = await parked();
    await sale.resolve('charge', 'give-up');
    expect(await sale.ending()).toMatchObject({ type: 'SagaFailed', state: { status: 'failed' } });
  });

  test('can be answered although the saga was cancelled', async () => {
    shop.script('pack', () => ({ item: 'book' }));
    shop.script('reserve.undo', refused('UndoImpossible'));
    const sale = await shop.start('waits before the pivot');
    await sale.until(({ steps }) => steps[0]?.status === 'done');
    await sale.handle.cancel();
    await sale.until(({ status }) => status === 'needs-attention');
    shop.script('reserve.undo', () => null);
    await sale.resolve('reserve', 'retry');
    expect(await sale.ending()).toMatchObject({ type: 'CancelledFailure' });
  });

  test('refuses an answer to a step that is not parked, or without a reason', async () => {
    const sale = await parked();
    await expect(sale.resolve('reserve', 'retry')).rejects.toMatchObject({ cause: { type: 'StepNotParked' } });
    await expect(sale.resolve('nobody', 'retry')).rejects.toMatchObject({ cause: { type: 'StepNotParked' } });
    await expect(sale.resolve('charge', 'skip', { reason: ' ' })).rejects.toMatchObject({
      cause: { type: 'ResolutionRefused' },
    });
    await sale.handle.terminate();
  });

  test('parks when twenty attempts are used up', async () => {
    shop.script('charge.undo', broken);
    const sale = await shop.start('plain', { scale: 0.001 });
    await sale.until(({ status }) => status === 'needs-attention');
    expect(shop.attempts.filter((attempt) => attempt === 'charge.undo')).toHaveLength(20);
    await sale.handle.terminate();
  });
});

describe('a tail that cannot go on', () => {
  beforeEach(() => shop.script('thank', refused('InvalidInput')));
  const parked = async () => {
    const sale = await shop.start('plain');
    await sale.until(({ status }) => status === 'needs-attention');
    return sale;
  };

  test('completes after a retry that works', async () => {
    const sale = await parked();
    shop.script('thank', () => ({ item: 'book' }));
    expect(await sale.resolve('thank', 'retry')).toMatchObject({ outcome: 'resolved' });
    expect(await sale.ending()).toEqual({ result: { parcel: 'P1' } });
    expect((await sale.state()).status).toBe('completed');
  });

  test.each([
    ['skip', 'completed-with-errors', 'skipped'],
    ['done-by-hand', 'completed', 'by-hand'],
  ] as const)('ends honestly after %s', async (action, status, stepStatus) => {
    const sale = await parked();
    await sale.resolve('thank', action, { ticket: 'OPS-8' });
    expect(await sale.ending()).toEqual({ result: { parcel: 'P1' } });
    const state = await sale.state();
    expect([state.status, state.steps.at(-1)?.status]).toEqual([status, stepStatus]);
    expect(await sale.statusAttribute()).toBe(status);
  });

  test('ends failed when the person gives up; nothing before the pivot is undone', async () => {
    const sale = await parked();
    await sale.resolve('thank', 'give-up');
    expect(await sale.ending()).toMatchObject({ type: 'SagaFailed', rootType: 'InvalidInput' });
    expect(undos()).toEqual([]);
  });
});

describe('a mistake of the author', () => {
  test.each([
    ['has a bug', /undefined is not a function/],
    ['steps after the pivot', /reserve comes after the pivot/],
    ['has two pivots', /ship comes after the pivot/],
    ['has a step under way at the pivot', /1 step\(s\) are under way/],
  ])('fails the workflow task and undoes nothing: %s', async (mode, message) => {
    const sale = await shop.start(mode);
    expect(await sale.bug()).toMatch(message);
    expect(undos()).toEqual([]);
  });

  test('is named when a saga is exported by another name than its contract gives it', async () => {
    const sale = await shop.start('plain', { workflowType: 'misnamed' });
    expect(await sale.bug()).toMatch(/the saga of "exportedByAnotherName" is exported as "misnamed"/);
  });
});
