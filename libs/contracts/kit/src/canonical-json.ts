import type { Json } from './wire.ts';

/** JSON with sorted keys: the same value gives the same text, in whatever order it was written. */
export function canonicalJson(value: Json): string {
  return JSON.stringify(value, (_key, one: unknown) =>
    one !== null && typeof one === 'object' && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );
}
