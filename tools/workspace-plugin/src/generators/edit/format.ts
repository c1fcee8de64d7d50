import { join } from 'node:path';
import type { Tree } from '@nx/devkit';
import { format, resolveConfig } from 'prettier';

const FORMATTED = /\.(?:ts|ya?ml|md)$|(?:^|\/)package\.json$/;

/** Formats what has changed as `npm run format` does: what is taken away again leaves a file as it was. */
export async function formatChanges(tree: Tree): Promise<void> {
  for (const { path, type, content } of tree.listChanges()) {
    if (type === 'DELETE' || !FORMATTED.test(path)) continue;
    const filepath = join(tree.root, path);
    const options = { ...(await resolveConfig(filepath, { editorconfig: true })), filepath };
    tree.write(path, await format(content!.toString(), options));
  }
}
