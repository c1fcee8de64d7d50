import { implementReads } from '@adx/activity-middleware';
import { TENANT, openShop } from './shop.ts';
import { shopContract } from './shop.contract.ts';

const owner = `principal of ${TENANT}`;

describe('a read', () => {
  test('answers for the tenant of the principal', async () => {
    const seen: unknown[] = [];
    const { reads, ledger } = openShop({}, async ({ input, tenantId, tx, principal }) => {
      seen.push(input, tenantId, tx.tx, principal.sub);
      return { item: 'book' };
    });
    expect(await reads['getSale']!({ sale: '1' }, owner)).toEqual({ item: 'book' });
    expect(seen).toEqual([{ sale: '1' }, TENANT, 'of the ledger', 'ada']);
    expect(ledger.asked).toMatchObject([{ method: 'withTenant', request: { tenantId: TENANT } }]);
  });

  test('is denied before its input is looked at', async () => {
    const { reads, ledger } = openShop();
    await expect(reads['getSale']!({ nonsense: 1 }, 'forged')).rejects.toMatchObject({ type: 'TenantAccessDenied' });
    await expect(reads['getSale']!({ sale: '1' }, undefined)).rejects.toMatchObject({ type: 'TenantAccessDenied' });
    expect(ledger.asked).toEqual([]);
  });

  test('refuses an input by path, without a value', async () => {
    const { reads, ledger } = openShop();
    await expect(reads['getSale']!({ sale: 7, more: 'ada@acme.example' }, owner)).rejects.toMatchObject({
      type: 'InvalidInput',
      message: 'shop.getSale: sale (invalid_type), input (unrecognized_keys)',
    });
    expect(ledger.asked).toEqual([]);
  });

  test('does not answer what its contract does not declare', async () => {
    const { reads } = openShop({}, async () => ({ item: 'book', owner: 'ada' }) as never);
    await expect(reads['getSale']!({ sale: '1' }, owner)).rejects.toThrow('unrecognized_keys');
  });

  test('fails with its declared error', async () => {
    const { reads } = openShop({}, async ({ fail, input }) => Promise.reject(fail.Returned({ sale: input.sale })));
    await expect(reads['getSale']!({ sale: '1' }, owner)).rejects.toMatchObject({
      type: 'shop.Returned',
      details: [{ sale: '1' }],
    });
  });
});

test('reads without a handler are named when they are implemented', () => {
  expect(() => implementReads(shopContract, {} as never)).toThrow(
    new TypeError('reads of "shop" without a handler: getSale'),
  );
});

test('handlers of no read are named with them', () => {
  expect(() => implementReads(shopContract, { getPrice: async () => ({}) } as never)).toThrow(
    new TypeError('reads of "shop" without a handler: getSale; that its contract does not have: getPrice'),
  );
});
