import type { z } from 'zod';

/** What survives a trip through a Temporal payload or an HTTP body unchanged. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

/**
 * A schema whose parsed value is plain JSON. Bound to JSON on both sides, so that a `Date`, a `bigint` or a `Map`
 * in a contract does not compile: it would silently become something else on the wire.
 */
export type Wire = z.ZodType<Json, Json>;

/** The value a handler receives: parsed, so defaults are filled and brands are kept. */
export type In<D extends { readonly input: Wire }> = z.output<D['input']>;

/** The value a handler returns. */
export type Out<D extends { readonly output: Wire }> = z.output<D['output']>;

/**
 * Refuses keys that `T` does not have, also when the value is a variable. A saga that passes its whole input on to a
 * step would otherwise compile and then be refused by the step's strict schema at run time.
 */
export type Exact<T, X extends T> = X & { readonly [K in Exclude<keyof X, keyof T>]: never };

/** A duration as Temporal reads it: `'500ms'`, `'10s'`, `'15m'`, `'7d'`. */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * Milliseconds of a {@link Duration}.
 *
 * @throws RangeError when the text is not a positive duration
 */
export function milliseconds(duration: Duration): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(duration);
  const value = match ? Number(match[1]) * UNITS[match[2] as keyof typeof UNITS] : Number.NaN;
  if (!(value > 0)) throw new RangeError(`"${duration}" is not a duration; write for example '500ms', '10s' or '15m'`);
  return value;
}
