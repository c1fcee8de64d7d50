import { cp, mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Target } from './dockerfile.ts';

/** Puts the files of an image into a folder, as its target of the Dockerfile says, without an image. */
export async function placeTarget(root: string, target: Target, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { from, to } of target.copied) {
    const place = join(folder, to.endsWith('/') ? join(to, from.split('/').at(-1)!) : to);
    await mkdir(dirname(place), { recursive: true });
    await cp(join(root, from), place, { recursive: true });
  }
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
}
