import { NO_TENANT, formatOperationId } from '@adx/contract-kit';
import { TENANT, callOf, openShop, runAttempt } from './shop.ts';

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

  test('may govern a tenant from an operation of the platform as an operator, and as nobody else', async () => {
    const operationId = formatOperationId({ tenantId: NO_TENANT, workflowType: 'close', key: 'one' });
    const seen: string[] = [];
    const run = async ({ tenantId }: { tenantId: string }) => {
      seen.push(tenantId);
      return { sale: '1' };
    };
    const shop = openShop({ ship: { run } });
    const as = (who: string, type = 'ship') =>
      shop.attempt(type, { item: 'book' }, { ...callOf(type), operationId, principal: `${who} of ${TENANT}` });
    await as('operator');
    expect(seen).toEqual([TENANT]);
    for (const denied of [as('principal'), as('operator', 'reserve'), as('operator', 'thank')]) {
      await expect(denied).rejects.toMatchObject({ type: 'TenantAccessDenied', nonRetryable: true });
    }
    expect(seen).toHaveLength(1);
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
