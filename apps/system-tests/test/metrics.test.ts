import { waitUntil } from '@adx/local-parts';
import { SERVICES, startOnboarding, startTestPlatform } from '@adx/testing';
import type { TestPlatform } from '@adx/testing';

// What Prometheus reads of the workers: durations by few labels, and nothing about whom.

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform({ metrics: true });
}, 120_000);
afterAll(() => platform?.stop(), 60_000);

const scrape = async () => {
  const response = await fetch(`${platform.adminUrl('tenant')}/metrics`);
  return { type: response.headers.get('content-type'), text: await response.text() };
};

/** The labels of every series of a histogram, and how often it was recorded. */
function series(text: string, histogram: string) {
  return [...text.matchAll(new RegExp(`^${histogram}_count\\{(.*)\\} (\\d+)$`, 'gm'))].map(([, labels, count]) => ({
    ...Object.fromEntries([...labels!.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name!, value!])),
    count: Number(count),
  }));
}

test('durations of activities and transactions are exported in buckets of milliseconds', async () => {
  const done = await startOnboarding(platform);
  const refused = await startOnboarding(platform, { ownerEmail: 'ada@suppressed.example' });
  for (const { operationId } of [done, refused])
    expect(await platform.operations.ended(operationId, 45_000)).toBe(true);

  const { type, text } = await scrape();
  expect(type).toMatch(/^text\/plain; version=0\.0\.4/);
  const attempts = series(text, 'activity_duration_ms');
  expect(attempts).toContainEqual(
    expect.objectContaining({ activity_type: 'createOwner', outcome: 'succeeded', attempt: '1', count: 2 }),
  );
  expect(attempts).toContainEqual(expect.objectContaining({ activity_type: 'createOwner.undo', outcome: 'succeeded' }));
  expect(attempts).toContainEqual(expect.objectContaining({ activity_type: 'openChannels', outcome: 'declared' }));
  expect(series(text, 'db_transaction_duration_ms')).toContainEqual(expect.objectContaining({ outcome: 'committed' }));
  for (const histogram of ['activity_duration_ms', 'db_transaction_duration_ms']) {
    const bounds = [...text.matchAll(new RegExp(`^${histogram}_bucket\\{.*le="([^"]+)"`, 'gm'))].map(([, le]) => le);
    expect(bounds).toEqual(expect.arrayContaining(['1', '10', '1000', '30000', '+Inf']));
  }
  // Temporal's own are there too.
  expect(text).toContain('temporal_activity_schedule_to_start_latency');
});

test('no label says of whom: no tenant, user or operation', async () => {
  const onboarding = await startOnboarding(platform, { ownerEmail: 'canary@acme.example' });
  expect(await platform.operations.ended(onboarding.operationId, 45_000)).toBe(true);
  const { text } = await scrape();
  expect(series(text, 'activity_duration_ms').length).toBeGreaterThan(4);
  expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-/i);
  expect(text).not.toMatch(/tenant_?id|user_?id|workflow_?id|operation_?id/i);
  for (const secret of [onboarding.tenantId, 'canary', onboarding.input.slug]) expect(text).not.toContain(secret);
});

test('every worker answers at its admin port', async () => {
  for (const service of SERVICES) {
    const found = await waitUntil(
      async () => ((await fetch(`${platform.adminUrl(service)}/metrics`)).ok ? true : undefined),
      { within: 10_000 },
    );
    expect([service, found]).toEqual([service, true]);
  }
});
