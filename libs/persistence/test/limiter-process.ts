import { Pool } from 'pg';
import { leasePermits } from '../src/permits.ts';
import { createRateLimiter } from '../src/rate-limiter.ts';
import { principalOf } from './step-fixture.ts';

/** One of many processes that take permits as fast as they can. Its arguments and its last line are JSON. */
export interface TakingProcess {
  readonly url: string;
  readonly tenantId: string;
  readonly user: string;
  readonly limits: Record<string, { readonly limit: number; readonly windowMs: number }>;
  /** The window whose permits are counted. */
  readonly windowMs: number;
  /** Takes for so long, from its own start; without it, until it is refused. Milliseconds. */
  readonly forMs?: number;
}

const { url, tenantId, user, limits, windowMs, forMs } = JSON.parse(process.argv[2]!) as TakingProcess;
const pool = new Pool({ connectionString: url, max: 2 });
// The clock of the database, which is on this machine; what it said last is when a permit was taken.
let at = 0;
const now = () => (at = Date.now());
const limiter = createRateLimiter({ lease: leasePermits(pool, { default: limits }), now, random: () => 0 });
const request = { principal: principalOf({ tenantId, sub: user }), service: 'shop', activity: 'reserve' };

const granted: Record<number, number> = {};
let refused = 0;
const began = Date.now();
for (;;) {
  const refusal = await limiter.take(request);
  if (!refusal) {
    const windowNo = Math.floor(at / windowMs);
    granted[windowNo] = (granted[windowNo] ?? 0) + 1;
  } else {
    refused += 1;
    if (forMs === undefined) break;
    // As a workflow would: it comes again when it was told to.
    await new Promise((resolve) => setTimeout(resolve, refusal.retryAfterMs));
  }
  if (forMs !== undefined && Date.now() - began >= forMs) break;
}
await pool.end();
process.stdout.write(`${JSON.stringify({ granted, refused })}\n`);
