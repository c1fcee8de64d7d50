import type { Json } from '@adx/contract-kit';
import type { Invocation } from './invocation.ts';

declare const ADDED: unique symbol;

/** The result of `next()`. Only `next` makes one, so a middleware that forgets to return it does not compile. */
export interface Passed<out Add> {
  readonly [ADDED]: Add;
  readonly result: Json;
}

/** Runs the rest of the chain with these keys added to the context. Calling it twice throws. */
export interface Next {
  (): Promise<Passed<object>>;
  <Add extends object>(add: Add): Promise<Passed<Add>>;
}

/**
 * One concern around every activity of a service. Widens the typed context by `next({ ... })`.
 *
 * @typeParam Need what it must find in the context
 * @typeParam Add what those after it, and the handlers, find there besides
 * @typeParam Dependencies what the composition root must supply
 */
export type Middleware<Need, Add extends object = object, Dependencies extends object = object> = (
  context: Need,
  next: Next,
  dependencies: Dependencies,
) => Promise<Passed<Add>>;

/** A middleware of any type, as the chain keeps it. */
export type AnyMiddleware = Middleware<Invocation, object, never>;

/** Runs the chain; the first middleware is the outermost. */
export async function runChain(
  chain: readonly AnyMiddleware[],
  context: Invocation,
  dependencies: object,
  innermost: (context: Invocation) => Promise<Json>,
): Promise<Json> {
  const from = async (index: number, current: Invocation): Promise<Passed<object>> => {
    const middleware = chain[index];
    if (!middleware) return { result: await innermost(current) } as Passed<object>;
    let called = false;
    const next = (add: object = {}) => {
      if (called) throw new Error(`middleware ${index + 1} of ${current.activity.service} called next() twice`);
      called = true;
      return from(index + 1, { ...current, ...add });
    };
    return middleware(current, next as Next, dependencies as never);
  };
  return (await from(0, context)).result;
}
