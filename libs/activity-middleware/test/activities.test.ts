import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import fc from 'fast-check';
import { asFailure } from '../src/unexpected-error.ts';
import { callOf, openShop, shopActivities, usualHandlers } from './shop.ts';
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
