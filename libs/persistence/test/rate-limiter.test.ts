import type { PermitRequest } from '@adx/activity-middleware';
import fc from 'fast-check';
import { createRateLimiter } from '../src/rate-limiter.ts';
import { createPermitModel } from './permit-model.ts';
import { principalOf } from './step-fixture.ts';

const TENANT = '3f0c9a52-6c1e-4c35-9d0b-2a2f1b1f6a10';
const WINDOW_MS = 100;
const limits = {
  tenant: { limit: 12, windowMs: WINDOW_MS },
  user: { limit: 7, windowMs: WINDOW_MS },
  activity: { limit: 9, windowMs: WINDOW_MS },
};

const ask = (user = 'ada', activity = 'reserve', tenantId = TENANT): PermitRequest => ({
  principal: principalOf({ tenantId, sub: user }),
  service: 'shop',
  activity,
});

/** Processes that share one model of the database, under one clock that moves while they ask it. */
function platform({ processes = 1, share = 4, most = 50, latency = 0, of = limits as Partial<typeof limits> } = {}) {
  const clock = { at: 10_000 * WINDOW_MS };
  let trips = 0;
  const model = createPermitModel({ limits: of, now: () => clock.at, share, most });
  const limiters = Array.from({ length: processes }, () =>
    createRateLimiter({
      now: () => clock.at,
      random: () => 0,
      lease: async (_tenantId, scopes) => {
        trips += 1;
        clock.at += latency;
        const blocks = model.lease(scopes);
        clock.at += latency;
        return blocks;
      },
    }),
  );
  return { clock, model, limiters, trips: () => trips };
}

test('an attempt is refused by the scope that is used up, until its window ends', async () => {
  const { clock, limiters } = platform();
  const [limiter] = limiters as [(typeof limiters)[number]];
  for (let taken = 0; taken < limits.user.limit; taken += 1) expect(await limiter.take(ask())).toBeUndefined();
  clock.at += 30;
  expect(await limiter.take(ask())).toEqual({ scope: 'user', retryAfterMs: 70 });
  expect(await limiter.take(ask('bob'))).toBeUndefined();
  clock.at += 70;
  expect(await limiter.take(ask())).toBeUndefined();
});

test('a refused attempt takes nothing from the scopes that had room', async () => {
  const { limiters } = platform();
  const [limiter] = limiters as [(typeof limiters)[number]];
  for (let taken = 0; taken < 50; taken += 1) await limiter.take(ask('ada'));
  for (let taken = 0; taken < 5; taken += 1) expect(await limiter.take(ask('bob', 'pack'))).toBeUndefined();
});

test('a limit that is used up is remembered: refusals ask nobody', async () => {
  const { limiters, trips } = platform();
  const [limiter] = limiters as [(typeof limiters)[number]];
  for (let taken = 0; taken <= limits.user.limit; taken += 1) await limiter.take(ask());
  const before = trips();
  for (let refused = 0; refused < 100; refused += 1) expect(await limiter.take(ask())).toBeDefined();
  expect(trips()).toBe(before);
});

test('permits come in blocks: a thousand attempts of one user within the default limits cost less than 25 trips', async () => {
  const windowMs = 60_000;
  const { limiters, trips } = platform({
    share: 64,
    of: {
      tenant: { limit: 6_000, windowMs },
      user: { limit: 3_000, windowMs },
      activity: { limit: 3_000, windowMs },
    },
  });
  for (let taken = 0; taken < 1_000; taken += 1) expect(await limiters[0]!.take(ask())).toBeUndefined();
  expect(trips()).toBeLessThan(25);
});

test('attempts at the same time share one trip', async () => {
  const { limiters, trips } = platform({ share: 1 });
  const answers = await Promise.all(Array.from({ length: 7 }, () => limiters[0]!.take(ask())));
  expect(answers.every((answer) => answer === undefined)).toBe(true);
  expect(trips()).toBe(1);
});

test('a scope without a limit lets everything pass', async () => {
  const { limiters } = platform({ of: {} });
  for (let taken = 0; taken < 100; taken += 1) expect(await limiters[0]!.take(ask())).toBeUndefined();
});

test('when the shared limits cannot be reached, so does the attempt say, and the next one asks again', async () => {
  let broken = true;
  const { model } = platform();
  const limiter = createRateLimiter({
    lease: async (_tenantId, scopes) => {
      if (broken) throw new Error('no database');
      return model.lease(scopes);
    },
  });
  await expect(limiter.take(ask())).rejects.toThrow('no database');
  broken = false;
  expect(await limiter.take(ask())).toBeUndefined();
});

const takes = fc.array(
  fc.record({
    process: fc.nat(3),
    user: fc.constantFrom('ada', 'bob', 'eve'),
    activity: fc.constantFrom('reserve', 'pack'),
    wait: fc.nat(4),
  }),
  { minLength: 20, maxLength: 150 },
);

test('whatever processes do and however slow the answers are, no window of no scope sees more than its limit', async () => {
  let full = 0;
  await fc.assert(
    fc.asyncProperty(takes, fc.integer({ min: 1, max: 8 }), fc.nat(4), async (commands, share, latency) => {
      const { clock, limiters, model } = platform({ processes: 4, share, latency });
      const used = new Map<string, number>();
      for (const { process, user, activity, wait } of commands) {
        clock.at += wait;
        const refusal = await limiters[process]!.take(ask(user, activity));
        const windowNo = Math.floor(clock.at / WINDOW_MS);
        const scopes = { tenant: 'tenant', user: `user/${user}`, activity: `activity/shop.${activity}` };
        if (refusal) {
          // Latency may carry an answer into the next window; then the refusal is of the one before.
          if (latency === 0) {
            expect(model.takenOf(scopes[refusal.scope], windowNo)).toBe(limits[refusal.scope].limit);
          }
          continue;
        }
        for (const [scope, name] of Object.entries(scopes)) {
          const key = `${name}@${windowNo}`;
          const count = (used.get(key) ?? 0) + 1;
          used.set(key, count);
          const { limit } = limits[scope as keyof typeof limits];
          expect(count).toBeLessThanOrEqual(limit);
          if (count === limit) full += 1;
        }
      }
    }),
    { numRuns: 200 },
  );
  // The limits were reached, or nothing was shown.
  expect(full).toBeGreaterThan(30);
});

test('a process that is alone refuses exactly when a plain counter would', async () => {
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(takes, fc.integer({ min: 1, max: 8 }), async (commands, share) => {
      const { clock, limiters } = platform({ share });
      const used = new Map<string, number>();
      for (const { user, activity, wait } of commands) {
        clock.at += wait;
        const windowNo = Math.floor(clock.at / WINDOW_MS);
        const keys = [
          [`tenant@${windowNo}`, limits.tenant.limit],
          [`user/${user}@${windowNo}`, limits.user.limit],
          [`activity/${activity}@${windowNo}`, limits.activity.limit],
        ] as const;
        const fits = keys.every(([key, limit]) => (used.get(key) ?? 0) < limit);
        if (!fits) refused += 1;
        if (fits) for (const [key] of keys) used.set(key, (used.get(key) ?? 0) + 1);
        expect((await limiters[0]!.take(ask(user, activity))) === undefined).toBe(fits);
      }
    }),
    { numRuns: 200 },
  );
  expect(refused).toBeGreaterThan(30);
});
