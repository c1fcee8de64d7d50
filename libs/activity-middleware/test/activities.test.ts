import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import fc from 'fast-check';
import { asFailure } from '../src/unexpected-error.ts';
import { TENANT, callOf, openShop, shopActivities, usualHandlers } from './shop.ts';
import type { ShopHandlers } from './shop.ts';

const item = { item: 'book' };

describe('the activities of a contract', () => {
  test('are those it declares, and those that follow from their kinds', () => {
    expect(Object.keys(openShop().activities).toSorted()).toEqual([
      'buy.paid.check',
      'buy.resolve',
      'look',
      'order',
      'order.resolve',
      'order.undo',
      'reserve',
      'reserve.resolve',
      'reserve.undo',
      'ship',
      'ship.resolve',
      'ship.settle',
      'thank',
      'thank.resolve',
    ]);
  });
});

describe('the check of a signal', () => {
  test('gives what the contract makes of it, and needs no transaction', async () => {
    const shop = openShop();
    expect(await shop.attempt('buy.paid.check', { amount: 7 })).toEqual({ amount: 7, currency: 'EUR' });
    expect(shop.ledger.asked).toEqual([]);
  });

  test('refuses what does not fit, what nobody signed, and what another tenant sends', async () => {
    const shop = openShop();
    const check = (payload: unknown, call?: object) => shop.attempt('buy.paid.check', payload, call);
    await expect(check({ amount: 'seven' })).rejects.toMatchObject({ type: 'InvalidInput', nonRetryable: true });
    await expect(check(null)).rejects.toMatchObject({ type: 'InvalidInput' });
    const { principal: _principal, ...unsigned } = callOf('paid');
    await expect(check({ amount: 7 }, unsigned)).rejects.toMatchObject({ type: 'InvalidInput' });
    const forged = { ...callOf('paid'), principal: 'forged' };
    await expect(check({ amount: 7 }, forged)).rejects.toMatchObject({ type: 'TenantAccessDenied' });
    const foreign = callOf('paid', '4f0c9a52-6c1e-4c35-9d0b-2a2f1b1f6a10');
    await expect(check({ amount: 7 }, foreign)).rejects.toMatchObject({ type: 'TenantAccessDenied' });
  });
});

describe('a decision about a process that is a step', () => {
  test('is recorded as one about any other step', async () => {
    const shop = openShop();
    const decision = { action: 'skip', phase: 'undo', reason: 'seen to', ticket: null };
    await shop.attempt('buy.resolve', decision, callOf('buy.resolve'));
    const request = { step: 'buy.resolve', access: 'lifecycle', audit: { action: 'buy.resolve', detail: decision } };
    expect(shop.ledger.asked).toMatchObject([{ method: 'forward', request }]);
  });
});

describe('an implementation', () => {
  test('with faults names all of them at once', () => {
    const broken = {
      reserve: { run: async () => ({ sale: '1' }) },
      order: { run: async () => ({ sale: '1' }), undo: async () => undefined },
      thank: usualHandlers.thank,
      look: { run: 'not a function' },
      refund: { run: async () => ({ sale: '1' }) },
    } as unknown as ShopHandlers;
    expect(() => shopActivities.handlers(broken)).toThrow(
      new TypeError(
        [
          'the implementation of "shop" is incomplete:',
          '  - reserve: is compensatable and database, so it needs undo()',
          '  - order: is compensatable and external, so it needs undo.prepare()',
          '  - order: is compensatable and external, so it needs undo.call()',
          '  - order: is compensatable and external, so it needs prepare()',
          '  - order: is compensatable and external, so it needs call()',
          '  - ship: has no handler; pass one to handlers({ ship })',
          '  - look: is readonly and database, so it needs run()',
          '  - refund: is no activity of the contract; remove it',
        ].join('\n'),
      ),
    );
  });
});

describe('going forward', () => {
  test('gives the ledger the key, the parsed input and who may', async () => {
    const shop = openShop();
    const call = callOf('reserve~2');
    expect(await shop.attempt('reserve', item, call, 4)).toEqual({ sale: 'reserve' });
    expect(shop.ledger.asked).toEqual([
      {
        method: 'forward',
        request: {
          principal: expect.objectContaining({ tenantId: TENANT }),
          operationId: call.operationId,
          executionKey: call.executionKey,
          step: 'reserve~2',
          service: 'shop',
          activity: 'reserve',
          attempt: 4,
          input: { item: 'book', copies: 1 },
          access: 'member',
          roles: ['owner', 'clerk'],
          outbox: [],
        },
      },
    ]);
  });

  test('shows handlers their business and none of the plumbing', async () => {
    let keys: string[] = [];
    const run: ShopHandlers['reserve']['run'] = async (context) => {
      keys = Object.keys(context).toSorted();
      return { sale: `${context.carrier} ${context.tx.tx}` };
    };
    const shop = openShop({ reserve: { ...usualHandlers.reserve, run } });
    expect(await shop.attempt('reserve', item)).toEqual({ sale: 'by lorry of the ledger' });
    const added = ['carrier', 'log', 'principal', 'tenantId'];
    expect(keys).toEqual([...added, 'fail', 'input', 'operationId', 'outbox', 'step', 'tx'].toSorted());
  });

  test('to another system prepares within the ledger and calls with the key of the step, for as long as the attempt', async () => {
    const seen: unknown[] = [];
    const thank = {
      prepare: async ({ tx }: { tx: unknown }) => ({ tx }),
      call: async (context: { prepared: unknown; key: string }) => {
        seen.push(context.prepared, context.key, Object.hasOwn(context, 'tx'));
        return { sale: '1' };
      },
    } as unknown as ShopHandlers['thank'];
    const shop = openShop({ thank });
    await shop.attempt('thank', item);
    expect(shop.ledger.asked).toMatchObject([
      { method: 'external', request: { leaseMs: 5_000, access: 'provisioning' } },
    ]);
    expect(seen).toEqual([{ tx: { tx: 'of the ledger' } }, 'key of thank', false]);
  });

  test('without an effect only reads', async () => {
    const shop = openShop();
    expect(await shop.attempt('look', item)).toEqual({ sale: 'look' });
    // Who may look is checked as for an effect: the ledger is told what the contract asks for.
    expect(shop.ledger.asked).toMatchObject([
      { method: 'look', request: { access: 'member', roles: ['owner', 'clerk'], principal: { tenantId: TENANT } } },
    ]);
  });

  test.each([
    ['reserve', { sale: 7 }, 'sale (invalid_type)'],
    ['reserve', { sale: '1', owner: 'ada@acme.example' }, 'output (unrecognized_keys)'],
    ['thank', undefined, 'output (invalid_type)'],
    ['look', {}, 'sale (invalid_type)'],
  ] as const)('%s must not return what the contract does not declare: %j', async (name, output, fault) => {
    const answer = async () => output as never;
    const handler = { prepare: async () => undefined, call: answer, run: answer, undo: async () => undefined };
    const shop = openShop({ [name]: handler as never });
    const refused = await shop.attempt(name, item).catch((error: Error) => error);
    expect(refused).toMatchObject({
      type: 'UnexpectedError',
      nonRetryable: false,
      message: `Error: shop.${name} returned what its contract does not declare: ${fault}`,
    });
  });

  test('fails with a declared error and its checked details', async () => {
    const failing = (details: never) =>
      openShop({
        reserve: { ...usualHandlers.reserve, run: async ({ fail }) => Promise.reject(fail.SoldOut(details)) },
      }).attempt('reserve', item);
    await expect(failing({ item: 'book' } as never)).rejects.toMatchObject({
      type: 'shop.SoldOut',
      nonRetryable: true,
      details: [{ item: 'book' }],
    });
    await expect(failing({ item: 'book', owner: 'ada' } as never)).rejects.toMatchObject({ type: 'UnexpectedError' });
  });
});

describe('what is derived from an activity', () => {
  test('undoes with what the ledger stored', async () => {
    const seen: unknown[] = [];
    const undo: ShopHandlers['reserve']['undo'] = async ({ input, output, tx, tenantId }) => {
      seen.push(input, output, tx.tx, tenantId);
    };
    const shop = openShop({ reserve: { ...usualHandlers.reserve, undo } });
    expect(await shop.attempt('reserve.undo', null, callOf('reserve'))).toBeNull();
    expect(shop.ledger.asked).toMatchObject([{ method: 'undo', request: { step: 'reserve', activity: 'reserve' } }]);
    expect(seen).toEqual([{ item: 'stored', copies: 1 }, { sale: 'stored' }, 'of the ledger', TENANT]);
  });

  test('undoes a call to another system that may not have happened', async () => {
    const seen: object[] = [];
    const order = {
      ...usualHandlers.order,
      undo: {
        prepare: async (context: { tx: unknown }) => ({ order: context.tx }),
        call: async (context: object) => void seen.push(context),
      },
    };
    const shop = openShop({ order: order as unknown as ShopHandlers['order'] });
    shop.ledger.row = { input: { item: 'book', copies: 1 }, output: undefined };
    await shop.attempt('order.undo', null, callOf('order'));
    expect(shop.ledger.asked).toMatchObject([{ method: 'undoExternal', request: { leaseMs: 5_000 } }]);
    expect(seen).toEqual([
      expect.objectContaining({
        input: { item: 'book', copies: 1 },
        output: undefined,
        key: 'key of order',
        prepared: { order: { tx: 'of the ledger' } },
      }),
    ]);
    expect(Object.hasOwn(seen[0]!, 'tx')).toBe(false);
  });

  test.each([{ outcome: 'fenced' }, { outcome: 'done', output: { sale: '1' } }] as const)(
    'tells how a pivot ended: %j',
    async (settlement) => {
      const shop = openShop();
      shop.ledger.settlement = settlement;
      expect(await shop.attempt('ship.settle', null)).toEqual(settlement);
    },
  );

  test("records a person's decision as a step of its own, whatever the status of the tenant", async () => {
    const shop = openShop();
    const decision = { action: 'done-by-hand', phase: 'undo', reason: 'seen to', ticket: 'T-1' };
    expect(await shop.attempt('reserve.resolve', decision, callOf('reserve.resolve.1'))).toBeNull();
    expect(shop.ledger.asked).toMatchObject([
      {
        method: 'forward',
        request: {
          step: 'reserve.resolve.1',
          input: decision,
          access: 'lifecycle',
          roles: [],
          audit: { action: 'reserve.resolve', detail: decision },
        },
      },
    ]);
    await expect(shop.attempt('reserve.resolve', { ...decision, action: 'shrug' })).rejects.toMatchObject({
      type: 'InvalidInput',
    });
  });
});

describe('an error that nobody declared', () => {
  const failing = (error: unknown) =>
    openShop({ reserve: { ...usualHandlers.reserve, run: () => Promise.reject(error as Error) } })
      .attempt('reserve', item)
      .catch((caught: unknown) => caught as ApplicationFailure);

  test('is worth another attempt, and says what it was', async () => {
    expect(await failing(new TypeError('no such thing'))).toMatchObject({
      type: 'UnexpectedError',
      nonRetryable: false,
      message: 'TypeError: no such thing',
    });
    expect(await failing('a text')).toMatchObject({ type: 'UnexpectedError', message: 'Error: a text' });
  });

  test('keeps neither a mail address nor a length without end', async () => {
    const made = await failing(
      new Error(`550 <ada.l+x@mail.acme.example> unknown, ask (bob@acme.example)${'!'.repeat(900)}`),
    );
    expect((made as Error).message).toMatch(/^Error: 550 <\[address\]> unknown, ask \(\[address\]\)!+$/);
    expect((made as Error).message.length).toBeLessThan(320);
  });

  test('keeps no mail address, whatever it looks like and wherever it is', () => {
    fc.assert(
      fc.property(fc.emailAddress(), fc.string(), fc.string(), (one, before, after) => {
        expect(asFailure(new Error(`${before} ${one} ${after}`)).message).not.toContain(one);
      }),
    );
  });

  test('keeps no cause and no stack in what is stored', async () => {
    const made = await failing(new Error('outer', { cause: new Error('ada@acme.example') }));
    expect((made as Error).cause).toBeUndefined();
  });

  test('is left alone when it is a failure or a cancellation already', async () => {
    const own = ApplicationFailure.nonRetryable('why', 'shop.Closed');
    expect(await failing(own)).toBe(own);
    const cancelled = new CancelledFailure('stop');
    expect(await failing(cancelled)).toBe(cancelled);
  });
});
