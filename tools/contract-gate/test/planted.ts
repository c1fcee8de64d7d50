import { formatRefusal } from '../src/check.command.ts';
import { compareContracts } from '../src/compare.ts';
import { snapshotOf } from '../src/snapshot.ts';
import type { Snapshot } from '../src/snapshot.ts';
import { shopContract } from './shop.ts';
import type { Planted } from './shop.ts';

/** What is planted, and what has to be said of it. */
export type Case = readonly [name: string, planted: Planted, refusal: string];

/** As if read from the file: what JSON does not keep is not compared. */
export function snapshotOfShop(planted: Planted = {}): Snapshot {
  return JSON.parse(JSON.stringify(snapshotOf(shopContract(planted)))) as Snapshot;
}

/** What is said of a shop that has become another one. */
export function refusals(planted: Planted, released: Planted = {}): string[] {
  return compareContracts(snapshotOfShop(released), snapshotOfShop(planted)).refused.map(formatRefusal);
}
