import { randomUUID } from 'node:crypto';
import type { EntityEvent } from '@adx/contract-kit';
import { waitUntil } from '@adx/local-parts';
import { createOperations } from '@adx/operations';
import type { OperationView } from '@adx/operations';
import { tenantContract } from '@adx/tenant-contract';
import { openTestSubscription, startTenantStatusChange, startTestPlatform } from '@adx/testing';
import type { SubscriptionUnderTest, TestPlatform } from '@adx/testing';

// What a subscription has for a consequence: the status of its tenant, in every service.

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform();
});
afterEach(() => platform.faults.set());
afterAll(() => platform?.stop());

const failed = (eventId: string): EntityEvent => ({ eventId, type: 'paymentFailed', data: { reference: 'r' } });
const paid = (eventId: string): EntityEvent => ({ eventId, type: 'paymentSucceeded', data: { reference: 'r' } });
const THREE = [failed('f1'), failed('f2'), failed('f3')];
const WAIT_MS = 20_000;

async function statuses(tenantId: string): Promise<readonly string[]> {
  const { rows } = await platform.database.superuser.query<{ status: string }>(
    `select status from tenant.tenant where tenant_id = $1
       union all select status from tenant.access_tenant where tenant_id = $1
       union all select status from "user".access_tenant where tenant_id = $1
       union all select status from notification.access_tenant where tenant_id = $1`,
    [tenantId],
  );
  return rows.map(({ status }) => status);
}
async function everywhere({ tenantId }: SubscriptionUnderTest, status: string): Promise<void> {
  const all = async () => (await statuses(tenantId)).every((one) => one === status) || undefined;
  await waitUntil(all, { within: 60_000 });
  expect(await statuses(tenantId)).toEqual([status, status, status, status]);
}

/** The changes of the tenant's status that have ended, oldest first, once there are so many. */
async function changes({ tenantId }: SubscriptionUnderTest, count: number): Promise<readonly OperationView[]> {
  const ended = await waitUntil(
    async () => {
      const { operations } = await platform.operations.list({ tenantId, limit: 50 });
      const some = operations.filter(({ type }) => type === 'suspendTenant' || type === 'resumeTenant');
      const views = await Promise.all(some.map(({ operationId }) => platform.operations.get(operationId)));
      const over = views.filter((view): view is OperationView => view?.status !== 'running' && view !== undefined);
      return over.length >= count ? over : undefined;
    },
    { within: 90_000 },
  );
  return (ended ?? []).toSorted((a, b) => a.startedAt.localeCompare(b.startedAt));
}
const seen = (views: readonly OperationView[]) => views.map(({ type, status, error }) => [type, status, error?.type]);

test('three failed payments suspend the tenant in all services, and a payment lets it work again', async () => {
  const subscription = await openTestSubscription(platform);
  await subscription.report(THREE.slice(0, 2), WAIT_MS);
  expect(await statuses(subscription.tenantId)).toEqual(['active', 'active', 'active', 'active']);
  await subscription.report(THREE.slice(2), WAIT_MS);
  await everywhere(subscription, 'suspended');
  expect((await subscription.report([...THREE, paid('p1'), paid('p1')], WAIT_MS)).outcomes?.at(-1)).toEqual({
    eventId: 'p1',
    outcome: 'duplicate',
  });
  await everywhere(subscription, 'active');
  const views = await changes(subscription, 2);
  expect(seen(views)).toEqual([
    ['suspendTenant', 'completed', undefined],
    ['resumeTenant', 'completed', undefined],
  ]);
  // In the name of the service, which is what lets it act on a suspended tenant.
  const { rows } = await platform.database.superuser.query(
    `select distinct actor, actor_kind from (
       select actor, actor_kind, operation_id from "user".audit_pending
         union all select actor, actor_kind, operation_id from "user".audit) a where operation_id = any ($1)`,
    [views.map(({ operationId }) => operationId)],
  );
  expect(rows).toEqual([{ actor: 'tenant', actor_kind: 'service' }]);
});

test('a suspension that time brings suspends the tenant, too', async () => {
  // A trial and the grace after it are then a second each, the suspension eight.
  const subscription = await openTestSubscription(platform, { boundsScale: 1e-6 });
  await subscription.report([{ eventId: 'u', type: 'usageReported', data: { units: 1 } }], WAIT_MS);
  await everywhere(subscription, 'suspended');
});

test('what one batch begins and ends has no consequence', async () => {
  const subscription = await openTestSubscription(platform);
  await subscription.report([...THREE, paid('p1')], WAIT_MS);
  expect(await subscription.row()).toMatchObject({ state: 'active', applied: 4 });
  const { rows } = await platform.database.superuser.query(
    `select from tenant.outbox_sequence where tenant_id = $1 and aggregate like '%Tenant:%'`,
    [subscription.tenantId],
  );
  expect(rows).toEqual([]);
});

test('a payment during the suspension waits for its turn, and has the last word', async () => {
  const subscription = await openTestSubscription(platform);
  platform.faults.set({ activity: 'setMemberAccess', point: 'before-transaction', action: { kind: 'hang' }, times: 1 });
  await subscription.report(THREE, WAIT_MS);
  await waitUntil(() => platform.faults.fired()[0] === 1 || undefined, { within: 30_000 });
  await subscription.report([paid('p1')], WAIT_MS);
  // It has met the lock before the suspension goes on.
  const refused = () => JSON.stringify(platform.log).includes('LockHeld') || undefined;
  expect(await waitUntil(refused, { within: 30_000 })).toBe(true);
  platform.faults.set();
  expect(seen(await changes(subscription, 2))).toEqual([
    ['suspendTenant', 'completed', undefined],
    ['resumeTenant', 'completed', undefined],
  ]);
  await everywhere(subscription, 'active');
});

test('a suspension that comes behind the payment is superseded, and an unchanged status says so', async () => {
  const subscription = await openTestSubscription(platform);
  await subscription.report([paid('p1')], WAIT_MS);
  const start = async (process: 'suspendTenant' | 'resumeTenant') => {
    const { tenantId } = subscription;
    const principal = await platform.keys
      .serviceSigner('tenant')
      .sign({ sub: 'tenant', kind: 'service', tenantId, roles: [] });
    const { operationId } = await createOperations({ client: platform.client }).start(
      tenantContract.workflows[process],
      { input: {}, tenantId, principal, subject: 'tenant', idempotencyKey: randomUUID() },
    );
    expect(await platform.operations.ended(operationId, 30_000)).toBe(true);
  };
  await start('suspendTenant');
  await start('resumeTenant');
  expect(seen(await changes(subscription, 2))).toEqual([
    ['suspendTenant', 'compensated', 'tenant.Superseded'],
    ['resumeTenant', 'compensated', 'tenant.StatusUnchanged'],
  ]);
  await everywhere(subscription, 'active');
});

test('a payment does not lift the suspension of an operator', async () => {
  const subscription = await openTestSubscription(platform);
  const { tenantId } = subscription;
  const { operationId } = await startTenantStatusChange(platform, 'suspendTenant', { tenantId });
  expect(await platform.operations.ended(operationId, 30_000)).toBe(true);
  await subscription.report(THREE, WAIT_MS);
  await changes(subscription, 2);
  await subscription.report([paid('p1')], WAIT_MS);
  expect(seen(await changes(subscription, 3))).toEqual([
    ['suspendTenant', 'completed', undefined],
    ['suspendTenant', 'compensated', 'tenant.StatusUnchanged'],
    ['resumeTenant', 'compensated', 'tenant.SuspendedByOperator'],
  ]);
  await everywhere(subscription, 'suspended');
});

test("a subscription that an event begins is on the tenant's own plan", async () => {
  const subscription = await openTestSubscription(platform);
  await subscription.report([paid('p1')], WAIT_MS);
  const { rows } = await platform.database.superuser.query(
    'select t.plan as tenant, s.plan as subscription from tenant.tenant t join tenant.subscription s using (tenant_id) where tenant_id = $1',
    [subscription.tenantId],
  );
  expect(rows).toEqual([{ tenant: 'team', subscription: 'team' }]);
});
