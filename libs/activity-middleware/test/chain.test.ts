import { implementContract, withPrincipal, withTransaction, withValidation } from '@adx/activity-middleware';
import type { Middleware } from '@adx/activity-middleware';
import type { Json } from '@adx/contract-kit';
import { createFakeLedger } from './fake-ledger.ts';
import type { FakeTx } from './fake-ledger.ts';
import { callOf, runAttempt, usualHandlers, verifier } from './shop.ts';
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
