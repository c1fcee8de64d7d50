import { readFile, readdir, readlink, rm, symlink, mkdir } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/**
 * Links the workspace's own packages into node_modules as `npm ci` does, and takes away what is linked and is no
 * package any more: a new one needs no installation.
 */
export async function linkWorkspaces(root) {
  const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'));
  const links = Object.entries(packages).filter(([, one]) => one.link);
  for (const [place, { resolved }] of links) {
    const link = join(root, place);
    const target = relative(dirname(link), join(root, resolved));
    if ((await readlink(link).catch(() => '')) === target) continue;
    await mkdir(dirname(link), { recursive: true });
    await rm(link, { force: true });
    // Two commands may link at once.
    await symlink(target, link).catch((error) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
  const wanted = new Set(links.map(([place]) => place));
  for (const scope of new Set(links.map(([place]) => dirname(place)))) {
    for (const entry of await readdir(join(root, scope), { withFileTypes: true })) {
      const place = `${scope}/${entry.name}`;
      if (entry.isSymbolicLink() && !wanted.has(place)) await rm(join(root, place), { force: true });
    }
  }
}
