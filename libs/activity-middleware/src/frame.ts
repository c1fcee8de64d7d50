import type { Json } from '@adx/contract-kit';
import type { AnyHandler } from './handlers.ts';

/**
 * The innermost link of a chain: decides what an attempt may do, and in which transaction.
 *
 * @typeParam Need what it must find in the context, so that a chain without validation or principal does not compile
 * @typeParam Tx what handlers get as `tx`
 */
export interface Frame<Need, Tx, Dependencies extends object> {
  readonly run: (context: Need, handler: AnyHandler, dependencies: Dependencies) => Promise<Json>;
  /** Never set: carries the type of `tx`. */
  readonly tx?: Tx;
}
