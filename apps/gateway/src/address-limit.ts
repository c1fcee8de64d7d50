import { isIPv6 } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HttpProblem } from './problem.ts';

/** Of those seen in the last window; an attacker with more addresses gets some of them forgotten, and no more memory. */
const MOST_ADDRESSES = 10_000;

/** So many requests of one address in one window. */
export interface AddressLimit {
  readonly limit: number;
  readonly windowMs: number;
  /** Milliseconds of a clock that is never set back. */
  readonly now?: () => number;
}

/**
 * A hook for routes that need no token, where guessing must be slow. Counts in this process: with several gateways an
 * address has as many times the limit.
 */
export function limitByAddress({ limit, windowMs, now = () => performance.now() }: AddressLimit) {
  const seen = new Map<string, { count: number; readonly until: number }>();
  return async (request: Pick<FastifyRequest, 'ip'>, reply: Pick<FastifyReply, 'header'>): Promise<void> => {
    const at = now();
    const address = networkOf(request.ip);
    const known = seen.get(address);
    const window = known && known.until > at ? known : { count: 0, until: at + windowMs };
    window.count += 1;
    // The oldest window first, so that what is forgotten is nearly over.
    if (window !== known) seen.delete(address);
    seen.set(address, window);
    for (const [oldest] of seen) {
      if (seen.size <= MOST_ADDRESSES) break;
      seen.delete(oldest);
    }
    if (window.count <= limit) return;
    reply.header('Retry-After', String(Math.ceil((window.until - at) / 1_000)));
    throw new HttpProblem(429, 'RateLimited', 'too many requests from this address');
  };
}

/** Whoever has one IPv6 address has the 2^64 of its network. */
function networkOf(address: string): string {
  if (!isIPv6(address) || address.includes('.')) return address;
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...gap, ...right].slice(0, 4).join(':');
}
