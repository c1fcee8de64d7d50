import type { AnyMiddleware } from './middleware.ts';

/** The places of the standard chain, outermost first. `docs/reference/activity-middleware.md` says why it is this order. */
export const CHAIN_ORDER = [
  'telemetry',
  'validation',
  'principal',
  'rate limit',
  'breaker',
  'bulkhead',
  'heartbeat',
  'external calls',
] as const;

export type ChainLink = (typeof CHAIN_ORDER)[number];

const LINK = Symbol('link');

/** Gives a middleware its place in the standard chain. One without a place may stand anywhere. */
export function chainLink<M extends (...parameters: never[]) => unknown>(link: ChainLink, middleware: M): M {
  return Object.assign(middleware, { [LINK]: link });
}

/** The place of a middleware. */
export function linkOf(middleware: AnyMiddleware): ChainLink | undefined {
  return (middleware as { readonly [LINK]?: ChainLink })[LINK];
}
