import { openShop } from './shop.ts';

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
