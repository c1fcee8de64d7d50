import { timingSafeEqual } from 'node:crypto';

/** Compares in a time that does not depend on where the two differ. */
export function isSameProof(known: string, shown: string): boolean {
  const [a, b] = [Buffer.from(known), Buffer.from(shown)];
  return a.length === b.length && timingSafeEqual(a, b);
}
