// Written by files alone, under any Node >= 20 and without node_modules: every command calls this before it begins.
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a service implements one file at a time: the folder in `src`, and the role suffix of its files. */
const KINDS = [
  { folder: 'activities', role: 'activity' },
  { folder: 'reads', role: 'read' },
  { folder: 'uploads', role: 'upload' },
];

/**
 * Writes `generated/<folder>.ts` of every app: a module with the exports of each handler file, so that a handler is
 * registered by being there. It is ordinary code to the compiler, which compares it with the contract, and to the
 * bundler, which finds no folder in an image. A list that is right already is not touched.
 *
 * @param root the workspace
 */
export async function writeHandlerLists(root) {
  const apps = await readdir(join(root, 'apps'), { withFileTypes: true });
  await Promise.all(
    apps
      .filter((entry) => entry.isDirectory())
      .flatMap(({ name }) => KINDS.map((kind) => writeList(join(root, 'apps', name), kind))),
  );
}

async function writeList(app, { folder, role }) {
  const list = join(app, 'generated', `${folder}.ts`);
  const handlers = join(app, 'src', folder);
  if (!existsSync(handlers)) return rm(list, { force: true });
  const files = (await readdir(handlers, { recursive: true }))
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith(`.${role}.ts`))
    .sort();
  // `export {}`: a module even when it has nothing to export.
  const exports = files.map((file) => `export * from '../src/${folder}/${file}';\n`).join('') || 'export {};\n';
  const text = `// Written anew by every command, from src/${folder}/**/*.${role}.ts.\n${exports}`;
  if ((await readFile(list, 'utf8').catch(() => '')) === text) return;
  await mkdir(join(app, 'generated'), { recursive: true });
  // Two commands may write at once: each replaces a whole list by a whole list.
  const draft = `${list}.${randomUUID()}`;
  await writeFile(draft, text);
  await rename(draft, list);
}
