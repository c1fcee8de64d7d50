import { openShop, usualHandlers } from './shop.ts';
import type { ShopHandlers } from './shop.ts';

const item = { item: 'book' };

test('handlers, and undos, find the adapters of the service by their names', async () => {
  const carriers: unknown[] = [];
  const reserve: ShopHandlers['reserve'] = {
    run: async ({ carrier }) => (carriers.push(carrier), { sale: '1' }),
    undo: async ({ carrier }) => void carriers.push(carrier),
  };
  const shop = openShop({ reserve });
  await shop.attempt('reserve', item);
  await shop.attempt('reserve.undo', null);
  expect(carriers).toEqual(['by lorry', 'by lorry']);
});

test('a call to another system has them, too: it is where they are used', async () => {
  const carriers: unknown[] = [];
  const thank = {
    ...usualHandlers.thank,
    call: async ({ carrier }: { readonly carrier: string }) => (carriers.push(carrier), { sale: '1' }),
  } as unknown as ShopHandlers['thank'];
  await openShop({ thank }).attempt('thank', item);
  expect(carriers).toEqual(['by lorry']);
});
