import { implementContract, withPrincipal, withTransaction, withValidation } from '@adx/activity-middleware';
import type { Middleware } from '@adx/activity-middleware';
import type { Json } from '@adx/contract-kit';
import { createFakeLedger } from './fake-ledger.ts';
import type { FakeTx } from './fake-ledger.ts';
import { NO_TENANT, formatOperationId } from '@adx/contract-kit';
import { TENANT, callOf, openShop, runAttempt, usualHandlers, verifier } from './shop.ts';
import { shopContract } from './shop.contract.ts';

type Run = (typeof usualHandlers)['reserve']['run'];
type Extra = Middleware<object, object>;

/** Runs `reserve` with these middlewares around its transaction. */
function reserveWithin(middlewares: readonly [Extra, Extra], run: Run = async () => ({ sale: '1' })): Promise<Json> {
  const activities = implementContract(shopContract)
    .use(middlewares[0])
    .use(withValidation())
    .use(withPrincipal())
    .use(middlewares[1])
    .use(withTransaction<FakeTx>())
    .handlers({ ...usualHandlers, reserve: { ...usualHandlers.reserve, run } })
    .bind({ verifier, ledger: createFakeLedger() });
  return runAttempt(activities['reserve']!, { item: 'book' }, callOf('reserve'));
}

const passOn: Extra = (_context, next) => next();

describe('the middlewares of a chain', () => {
  test('surround the handler in their order, the first one outermost', async () => {
    const passed: string[] = [];
    const noting =
      (name: string): Extra =>
      async (_context, next) => {
        passed.push(`${name} begins`);
        const result = await next();
        passed.push(`${name} ends`);
        return result;
      };
    const output = await reserveWithin([noting('outer'), noting('inner')], async () => {
      passed.push('handler');
      return { sale: '1' };
    });
    expect(output).toEqual({ sale: '1' });
    expect(passed).toEqual(['outer begins', 'inner begins', 'handler', 'inner ends', 'outer ends']);
  });

  test('hand on what they add, to those after them only', async () => {
    const seen: unknown[] = [];
    const adding: Extra = (context, next) => {
      seen.push(Object.hasOwn(context, 'colour'));
      return next({ colour: 'red' });
    };
    await reserveWithin([adding, adding], async (context) => {
      seen.push((context as { colour?: string }).colour);
      return { sale: '1' };
    });
    expect(seen).toEqual([false, true, 'red']);
  });

  test('see the failure of the handler, and may end the attempt before it', async () => {
    let ran = false;
    const seen: string[] = [];
    const watching: Extra = (_context, next) =>
      next().catch((error: Error) => {
        seen.push(error.message);
        throw error;
      });
    const refusing: Extra = () => Promise.reject(new Error('closed on Sundays'));
    const attempt = reserveWithin([watching, refusing], async () => {
      ran = true;
      return { sale: '1' };
    });
    await expect(attempt).rejects.toThrow('closed on Sundays');
    expect({ ran, seen }).toEqual({ ran: false, seen: ['closed on Sundays'] });
  });

  test('cannot run the rest twice', async () => {
    let runs = 0;
    const twice: Extra = async (_context, next) => {
      await next();
      return next();
    };
    const attempt = reserveWithin([passOn, twice], async () => {
      runs += 1;
      return { sale: '1' };
    });
    await expect(attempt).rejects.toThrow('middleware 4 of shop called next() twice');
    expect(runs).toBe(1);
  });
});

describe('the input', () => {
  test('arrives parsed, with its defaults', async () => {
    const seen: unknown[] = [];
    const shop = openShop({ ship: { run: async ({ input }) => (seen.push(input), { sale: '1' }) } });
    await shop.attempt('ship', { item: 'book' });
    expect(seen).toEqual([{ item: 'book', copies: 1 }]);
  });

  test('is refused for good with all of its faults, by path and without a value', async () => {
    const shop = openShop();
    const secret = 'ada@acme.example';
    const refused = await shop
      .attempt('reserve', { item: 7, copies: secret, more: secret })
      .catch((error: Error) => error);
    expect(refused).toMatchObject({
      type: 'InvalidInput',
      nonRetryable: true,
      message: 'shop.reserve: item (invalid_type), copies (invalid_type), input (unrecognized_keys)',
    });
    expect(JSON.stringify([refused, shop.log])).not.toContain(secret);
    expect(shop.ledger.asked).toEqual([]);
  });

  test.each(['reserve.undo', 'ship.settle'])('of %s is nothing: the ledger knows it', async (type) => {
    const shop = openShop();
    await expect(shop.attempt(type, { item: 'book' })).rejects.toMatchObject({ type: 'InvalidInput' });
    expect(shop.ledger.asked).toEqual([]);
  });
});

describe('who acts', () => {
  test('is known to the handler with the tenant', async () => {
    const seen: unknown[] = [];
    const run = async (context: { tenantId: string; principal: { sub: string } }) => {
      seen.push(context.tenantId, context.principal.sub);
      return { sale: '1' };
    };
    await openShop({ ship: { run } }).attempt('ship', { item: 'book' });
    expect(seen).toEqual(['3f0c9a52-6c1e-4c35-9d0b-2a2f1b1f6a10', 'ada']);
  });

  test.each([
    ['of another tenant than the operation', callOf('ship', '2a2f1b1f-6c1e-4c35-9d0b-3f0c9a526a10')],
    ['that nobody signed', { ...callOf('ship'), principal: 'forged' }],
    ['for an operation that is none', { ...callOf('ship'), operationId: 'some workflow' }],
  ])('is denied for good: a principal %s', async (_what, call) => {
    const shop = openShop();
    for (const [type, input] of [
      ['ship', { item: 'book' }],
      ['ship.settle', null],
      ['reserve.undo', null],
    ] as const) {
      await expect(shop.attempt(type, input, call)).rejects.toMatchObject({
        type: 'TenantAccessDenied',
        nonRetryable: true,
      });
    }
    expect(shop.ledger.asked).toEqual([]);
  });

  test.each([
    ['no call at all', undefined],
    ['a call without a ledger key', { ...callOf('ship'), executionKey: undefined }],
    ['a call without a step', { ...callOf('ship'), step: '' }],
  ])('must be told by the kernel: %s is refused', async (_what, call) => {
    const { activities } = openShop();
    const attempt = runAttempt(activities['ship']!, { item: 'book' }, call);
    await expect(attempt).rejects.toMatchObject({
      type: 'InvalidInput',
      message: expect.stringContaining('start activities through a pattern'),
    });
  });
});

describe('a principal that names nobody', () => {
  test.each(['', ' ', NO_TENANT])('as "%s" is refused as wrong input, before the ledger', async (sub) => {
    const shop = openShop();
    const call = { ...callOf('reserve'), principal: `principal of ${TENANT} named "${sub}"` };
    await expect(shop.attempt('reserve', { item: 'book' }, call)).rejects.toMatchObject({ type: 'InvalidInput' });
    expect(shop.ledger.asked).toEqual([]);
  });

  test('as a member of no tenant is refused; an operator who acts on none is not', async () => {
    const shop = openShop();
    const operationId = formatOperationId({ tenantId: NO_TENANT, workflowType: 'buy', key: 'one' });
    const call = { ...callOf('reserve', NO_TENANT), operationId };
    await expect(shop.attempt('reserve', { item: 'book' }, call)).rejects.toMatchObject({ type: 'InvalidInput' });
    expect(await shop.attempt('ship', { item: 'book' }, call)).toEqual({ sale: 'ship' });
  });
});
