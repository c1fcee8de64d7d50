import { failure } from '@adx/contract-kit';
import { ApplicationFailureCategory } from '@temporalio/common';
import { TENANT, callOf, openShop } from './shop.ts';

const item = { item: 'book' };

describe('an attempt within the limits', () => {
  test('takes one permit, for whoever acts and whatever the activity is', async () => {
    const shop = openShop();
    await shop.attempt('reserve', item);
    expect(shop.permits).toMatchObject([
      { principal: { sub: 'ada', tenantId: TENANT }, service: 'shop', activity: 'reserve' },
    ]);
    expect(shop.ledger.asked).toMatchObject([{ method: 'forward' }]);
  });

  test('takes none when its input or its principal is refused: that costs nobody anything', async () => {
    const shop = openShop();
    await expect(shop.attempt('reserve', {})).rejects.toMatchObject({ type: 'InvalidInput' });
    const forged = { ...callOf('reserve'), principal: 'nobody' };
    await expect(shop.attempt('reserve', item, forged)).rejects.toMatchObject({ type: 'TenantAccessDenied' });
    expect(shop.permits).toEqual([]);
  });
});

describe('an attempt beyond a limit', () => {
  test('is refused with the delay, is benign, and has not reached the ledger', async () => {
    const shop = openShop();
    shop.refuse({ scope: 'user', retryAfterMs: 1_234 });
    await expect(shop.attempt('reserve', item, callOf('reserve'), 3)).rejects.toMatchObject({
      type: 'RateLimited',
      message: 'shop.reserve: the limit of this user is used up',
      nonRetryable: false,
      nextRetryDelay: 1_234,
      category: ApplicationFailureCategory.BENIGN,
      details: [{ attempt: 3, retryAfterMs: 1_234 }],
    });
    expect(shop.ledger.asked).toEqual([]);
  });

  test.each(['reserve.undo', 'reserve.resolve', 'ship.settle'])('%s passes all the same', async (type) => {
    const shop = openShop();
    shop.refuse({ scope: 'tenant', retryAfterMs: 1_000 });
    const decision = { action: 'skip', phase: 'undo', reason: 'seen to', ticket: null };
    await shop.attempt(type, type.endsWith('resolve') ? decision : null);
    expect(shop.permits).toEqual([]);
    expect(shop.ledger.asked).toHaveLength(1);
  });
});

test.each(['CircuitBreakerOpen', 'UpstreamBusy'] as const)('%s tells its attempt and delay, too', async (type) => {
  const refuse = async () => {
    throw failure(type, 'bank', { retryAfterMs: 60_000 });
  };
  const shop = openShop({ ship: { run: refuse } });
  await expect(shop.attempt('ship', item, callOf('ship'), 2)).rejects.toMatchObject({
    type,
    nextRetryDelay: 60_000,
    details: [{ attempt: 2, retryAfterMs: 60_000 }],
  });
});
