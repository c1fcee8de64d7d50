import { TENANT, callOf, openShop, usualHandlers } from './shop.ts';
import type { ShopHandlers } from './shop.ts';

const item = { item: 'book' };

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
