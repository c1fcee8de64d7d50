import type { Principal } from '@adx/contract-kit';
import { z } from 'zod';

/** What a limit is of: all that happens in a tenant, what one user does in it, or one activity in it. */
export const LIMIT_SCOPES = ['tenant', 'user', 'activity'] as const;
export type LimitScope = (typeof LIMIT_SCOPES)[number];

const Limit = z.strictObject({
  /** Attempts in one window; windows are counted from the epoch. */
  limit: z.int().positive().max(2_000_000_000),
  windowMs: z.int().min(100).max(86_400_000),
});
/** A scope that is left out has no limit. */
const Limits = z.strictObject({ tenant: Limit.optional(), user: Limit.optional(), activity: Limit.optional() });

/** The limits by plan; `default` is for tenants whose plan is not known here, or has no limits of its own. */
export const RateLimitPlans = z.object({ default: Limits }).catchall(Limits);
export type RateLimitPlans = z.output<typeof RateLimitPlans>;

const MINUTE_MS = 60_000;

/**
 * A bound against accidents, not a product decision: what one worker of 16 connections does in a minute is some 19,000
 * activities (317/s), so that one tenant takes at most a third of it, and one of its users or activities less.
 */
export const DEFAULT_RATE_LIMITS: RateLimitPlans = {
  default: {
    tenant: { limit: 6_000, windowMs: MINUTE_MS },
    user: { limit: 3_000, windowMs: MINUTE_MS },
    activity: { limit: 3_000, windowMs: MINUTE_MS },
  },
};

/** Who wants to do what. */
export interface PermitRequest {
  readonly principal: Principal;
  readonly service: string;
  readonly activity: string;
}

/** Which limit is used up, and when there is room again. */
export interface Refusal {
  readonly scope: LimitScope;
  readonly retryAfterMs: number;
}

/** Limits shared by all processes of a service. */
export interface RateLimiter {
  /**
   * Takes one permit of each scope, or none of any.
   *
   * @throws DatabaseError when what is shared cannot be reached: the effect could not happen either
   */
  take(request: PermitRequest): Promise<Refusal | undefined>;
}
