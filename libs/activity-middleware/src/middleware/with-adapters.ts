import type { Invocation } from '../invocation.ts';
import type { Middleware } from '../middleware.ts';

/** Hands the service's own adapters (a mailer, a rule that comes from configuration) to its handlers. */
export function withAdapters<Adapters extends object>(): Middleware<
  Invocation,
  Adapters,
  { readonly adapters: Adapters }
> {
  return (_context, next, { adapters }) => next(adapters);
}
