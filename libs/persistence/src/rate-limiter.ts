import type { LimitScope, RateLimiter } from '@adx/activity-middleware';
import type { LeasePermits, PermitBlock } from './permits.ts';

/** Expired leases are dropped when there are more: users come and go. */
const MOST_LEASES = 10_000;
/** A lease may be used up by others before we get to it; so often we ask again. */
const MOST_TRIES = 10;
const SOON_MS = 100;
/** Whoever is refused comes again when the window opens, but not all in the same moment. */
const SPREAD_MS = 1_000;

/** Permits of one scope that this process holds. */
interface Lease {
  left: number;
  /** Of the block it came in. */
  size: number;
  windowNo: number;
  until: number;
}

/**
 * Limits on top of blocks that processes lease from what they share. Permits are counted in their window when they are
 * leased and used before it ends, so that a window never sees more than its limit, whatever the processes do. What a
 * process leased and did not use is lost when the window ends.
 *
 * @param options.now monotonic milliseconds
 * @param options.random from 0 to 1
 */
export function createRateLimiter(options: {
  readonly lease: LeasePermits;
  readonly now?: () => number;
  readonly random?: () => number;
}): RateLimiter {
  const { lease, now = () => performance.now(), random = Math.random } = options;
  const leases = new Map<string, Lease>();
  const underWay = new Map<string, Promise<void>>();

  return {
    async take({ principal, service, activity }) {
      const { tenantId, sub } = principal;
      const scopes = ['tenant', `user/${sub}`, `activity/${service}.${activity}`];
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        const at = now();
        const held = scopes.map((scope) => live(tenantId, scope, at));
        const usedUp = held.findIndex((one) => one?.size === 0);
        if (usedUp >= 0) {
          const retryAfterMs = held[usedUp]!.until - at + random() * SPREAD_MS;
          return { scope: scopes[usedUp]!.split('/', 1)[0] as LimitScope, retryAfterMs: Math.ceil(retryAfterMs) };
        }
        if (held.every((one) => one !== undefined && one.left > 0)) {
          for (const one of held) one!.left -= 1;
          return undefined;
        }
        await refill(tenantId, scopes, at);
      }
      return { scope: 'tenant', retryAfterMs: SOON_MS };
    },
  };

  function live(tenantId: string, scope: string, at: number): Lease | undefined {
    const held = leases.get(`${tenantId}/${scope}`);
    return held && held.until > at ? held : undefined;
  }

  /** Fills what is empty, and in the same round trip what soon will be. Several at once share what is under way. */
  async function refill(tenantId: string, scopes: readonly string[], at: number): Promise<void> {
    const low = scopes.filter((scope) => {
      const held = live(tenantId, scope, at);
      return !held || held.left <= held.size / 2;
    });
    const mine = low.filter((scope) => !underWay.has(`${tenantId}/${scope}`));
    if (mine.length > 0) {
      const work = leaseBlocks(tenantId, mine).finally(() => {
        for (const scope of mine) underWay.delete(`${tenantId}/${scope}`);
      });
      for (const scope of mine) underWay.set(`${tenantId}/${scope}`, work);
    }
    await Promise.all([...new Set(low.map((scope) => underWay.get(`${tenantId}/${scope}`)))]);
  }

  async function leaseBlocks(tenantId: string, scopes: readonly string[]): Promise<void> {
    // The validity counts from before the question: the window ends no earlier than that.
    const asked = now();
    const blocks = await lease(tenantId, scopes);
    if (leases.size > MOST_LEASES) {
      for (const [key, { until }] of leases) if (until <= asked) leases.delete(key);
    }
    for (const block of blocks) keep(`${tenantId}/${block.scope}`, block, asked + block.validMs);
  }

  function keep(key: string, { granted, windowNo }: PermitBlock, until: number): void {
    const held = leases.get(key);
    // Permits of another window must not be used in this one.
    const left = held?.windowNo === windowNo ? held.left : 0;
    const size = granted === 0 && left > 0 ? left : granted;
    leases.set(key, { left: left + granted, size, windowNo, until });
  }
}
