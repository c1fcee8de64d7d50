import type { RateLimitPlans } from '@adx/activity-middleware';
import type { PermitBlock } from '../src/permits.ts';

type Limits = RateLimitPlans['default'];

/** What the database is meant to do, in memory: counts per scope and window, and hands out blocks. */
export function createPermitModel(options: {
  readonly limits: Limits;
  readonly now: () => number;
  readonly share: number;
  readonly most: number;
}) {
  const taken = new Map<string, number>();
  return {
    /** Permits leased of a scope in a window. */
    takenOf: (scope: string, windowNo: number) => taken.get(`${scope}@${windowNo}`) ?? 0,
    lease(scopes: readonly string[]): readonly PermitBlock[] {
      return scopes.map((scope) => {
        const rule = options.limits[scope.split('/', 1)[0] as keyof Limits];
        if (!rule) return { scope, granted: 2_147_483_647, windowNo: 0, validMs: 60_000 };
        const at = options.now();
        const windowNo = Math.floor(at / rule.windowMs);
        const before = taken.get(`${scope}@${windowNo}`) ?? 0;
        const block = Math.max(1, Math.min(options.most, Math.floor(rule.limit / options.share)));
        const granted = Math.max(0, Math.min(block, rule.limit - before));
        taken.set(`${scope}@${windowNo}`, before + granted);
        return { scope, granted, windowNo, validMs: (windowNo + 1) * rule.windowMs - at };
      });
    },
  };
}
