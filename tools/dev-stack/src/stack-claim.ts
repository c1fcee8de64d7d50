import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identifyProcess, isRunning } from '@adx/local-parts';
import type { ProcessIdentity } from '@adx/local-parts';

const FILE = 'supervisor.json';

/** The process that manages the stack of this folder now, also while it is only starting it. */
export function claimant(folder: string): ProcessIdentity | undefined {
  const owner = readClaim(join(folder, FILE));
  return owner && isRunning(owner) ? owner : undefined;
}

/**
 * Makes this process the only one that manages the stack of a folder. A claim ends with its process, however that ends.
 *
 * @returns gives the claim up, or `undefined` when another process has it
 */
export function claim(folder: string): (() => void) | undefined {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, FILE);
  const draft = join(folder, `${FILE}.${process.pid}`);
  writeFileSync(draft, JSON.stringify(identifyProcess(process.pid)));
  try {
    // The link appears with its content or not at all, and fails when there is one: two at once cannot both have it.
    for (let attempt = 0; attempt < 2; attempt += 1) {
      try {
        linkSync(draft, file);
        return () => rmSync(file, { force: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      if (claimant(folder)) return undefined;
      rmSync(file, { force: true });
    }
    return undefined;
  } finally {
    rmSync(draft, { force: true });
  }
}

function readClaim(file: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity;
  } catch {
    return undefined;
  }
}
