import type { FastifyRequest } from 'fastify';

/** Longer waits are cut to this: load balancers and clients give up on a silent connection. */
const LONGEST_WAIT_S = 30;

/** `Prefer: wait=N` (RFC 7240) in milliseconds; undefined when the caller has no such wish. */
export function preferredWaitMs({ headers }: FastifyRequest): number | undefined {
  const wish = /(?:^|[,;\s])wait=(\d{1,4})(?:$|[,;\s])/.exec(String(headers['prefer'] ?? ''))?.[1];
  return wish === undefined ? undefined : Math.min(Number(wish), LONGEST_WAIT_S) * 1_000;
}
