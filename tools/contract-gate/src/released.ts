import { existsSync } from 'node:fs';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Contract } from '@adx/contract-kit';
import { snapshotOf } from './snapshot.ts';
import type { Snapshot } from './snapshot.ts';

/** A refused change that was accepted all the same, with the reason of whoever did it. */
export interface Exception {
  readonly change: string;
  readonly because: string;
}

/** `released.json` beside a contract: what its last release looked like. */
export interface Released extends Snapshot {
  readonly exceptions: readonly Exception[];
}

/** A contract in the tree, and what was released of it; nothing, when it never was. */
export interface ContractInTree {
  readonly folder: string;
  readonly current: Snapshot;
  readonly released: Released | undefined;
}

const FILE = 'released.json';
const KIT = 'kit';

/** Every contract below `libs/contracts`. @throws Error for a folder that exports none, or more than one */
export async function readContracts(root: string): Promise<ContractInTree[]> {
  const base = join(root, 'libs', 'contracts');
  const folders = (await readdir(base, { withFileTypes: true })).filter((one) => one.isDirectory() && one.name !== KIT);
  return Promise.all(
    folders.map(async ({ name }) => {
      const folder = join(base, name);
      const exported = (await import(pathToFileURL(join(folder, 'src', 'index.ts')).href)) as object;
      const contracts = Object.values(exported).filter(isContract);
      if (contracts.length !== 1) throw new Error(`${folder} exports ${contracts.length} contracts; it must be one`);
      return { folder, current: snapshotOf(contracts[0]!), released: await readReleased(folder) };
    }),
  );
}

/** The snapshot that is committed beside a contract. */
export async function readReleased(folder: string): Promise<Released | undefined> {
  const file = join(folder, FILE);
  return existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as Released) : undefined;
}

/** Keys are sorted, so that a diff shows what changed and nothing else. */
export async function writeReleased(folder: string, released: Released): Promise<void> {
  await writeFile(join(folder, FILE), `${JSON.stringify(sortKeys(released), null, 2)}\n`);
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, one]) => [key, sortKeys(one)]));
}

function isContract(value: unknown): value is Contract {
  return (
    typeof value === 'object' && value !== null && 'taskQueue' in value && 'activities' in value && 'reads' in value
  );
}
