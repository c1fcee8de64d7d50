import { footprint, startOnboarding, startTestPlatform } from '@adx/testing';
import type { TestPlatform } from '@adx/testing';

// Real workers with limits that a single onboarding runs into: one activity per tenant, service and window.

/** Longer than an onboarding takes on a busy machine. */
const WINDOW_MS = 10_000;
const tight = { tenant: { limit: 1, windowMs: WINDOW_MS } };
const wide = { tenant: { limit: 1_000, windowMs: WINDOW_MS } };

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform({
    env: { ADX_RATE_LIMITS: JSON.stringify({ default: tight, team: wide }) },
  });
});
afterAll(() => platform?.stop());

const refusalsOf = (operationId: string) =>
  platform.log.filter((entry) => entry['operationId'] === operationId && entry['errorType'] === 'RateLimited');

/** Begins with a window, so that all of an onboarding falls into it. */
const windowBegins = () => new Promise((resolve) => setTimeout(resolve, WINDOW_MS - (Date.now() % WINDOW_MS)));

test('an onboarding beyond the limits waits and completes, each effect once, and the plan of the tenant counts', async () => {
  await windowBegins();
  const onboarding = await startOnboarding(platform, { boundsScale: 1 });
  const { operationId, tenantId } = onboarding;
  expect(await platform.operations.ended(operationId, 40_000)).toBe(true);
  expect(await platform.operations.get(operationId)).toMatchObject({ status: 'completed' });
  const { rows, effects } = await footprint(platform, onboarding);
  expect(rows).toEqual({ tenants: 1, users: 1, channels: 1 });
  expect(new Set(effects).size).toBe(effects.length);

  const refused = refusalsOf(operationId);
  // The notification service has two activities, and knows no plan of the tenant.
  expect(refused.map((entry) => entry['service'])).toContain('notification');
  // The tenant service has two as well, but the first of them noted the plan.
  expect(refused.map((entry) => entry['service'])).not.toContain('tenant');
  for (const entry of refused) expect(entry).toMatchObject({ outcome: 'refused' });
  const { rows: plans } = await platform.database.superuser.query(
    'select plan from tenant.rate_plan where tenant_id = $1',
    [tenantId],
  );
  expect(plans).toEqual([{ plan: 'team' }]);
});

test('what is undone is undone at once, whatever the limits are, and leaves no plan behind', async () => {
  const onboarding = await startOnboarding(platform, { ownerEmail: 'ada@suppressed.example', boundsScale: 1 });
  expect(await platform.operations.ended(onboarding.operationId, 40_000)).toBe(true);
  expect(await platform.operations.get(onboarding.operationId)).toMatchObject({ status: 'compensated' });
  expect(refusalsOf(onboarding.operationId).filter((entry) => entry['mode'] !== 'forward')).toEqual([]);
  const { rows } = await platform.database.superuser.query('select 1 from tenant.rate_plan where tenant_id = $1', [
    onboarding.tenantId,
  ]);
  expect(rows).toEqual([]);
});
