import { failure } from '@adx/contract-kit';
import type { Principal } from '@adx/contract-kit';
import { chainLink } from '../chain-link.ts';
import type { Invocation } from '../invocation.ts';
import type { Middleware } from '../middleware.ts';
import type { RateLimiter } from '../rate-limiter.ts';

/**
 * Lets an attempt pass when tenant, user and activity are within their limits. Undo, settle and resolve always pass:
 * repair does not wait behind the load that made it necessary.
 *
 * @throws RateLimited with the delay after which there is room again; it costs no attempt of the step
 */
export function withRateLimit(): Middleware<
  Invocation & { readonly principal: Principal },
  object,
  { readonly limiter: RateLimiter }
> {
  return chainLink('rate limit', async ({ activity, mode, principal }, next, { limiter }) => {
    if (mode !== 'forward') return next();
    const refusal = await limiter.take({ principal, service: activity.service, activity: activity.name });
    if (!refusal) return next();
    throw failure(
      'RateLimited',
      `${activity.service}.${activity.name}: the limit of this ${refusal.scope} is used up`,
      {
        retryAfterMs: refusal.retryAfterMs,
      },
    );
  });
}
