// Written by files alone, under any Node >= 20 and without node_modules: every command calls this before it begins.
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { writeList } from './write-list.mjs';

/** What an app implements one file at a time: the folder in `src`, and the role suffix of its files. */
const KINDS = [
  { folder: 'activities', role: 'activity' },
  { folder: 'reads', role: 'read' },
  { folder: 'uploads', role: 'upload' },
  { folder: 'routes', role: 'routes' },
];

/** The same of others: stories of the demo, processes to record, and scenes of the suite that loses replies. */
const OTHERS = [
  { project: 'tools/dev-stack', folder: 'histories', role: 'histories', list: 'histories' },
  { project: 'tools/dev-stack', folder: 'src/demo/tour', role: 'scenario', list: 'tour' },
  { project: 'apps/system-tests', folder: 'test/lost-commit', role: 'scenes', list: 'scenes' },
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
  const ofApps = apps
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) =>
      KINDS.map(({ folder, role }) => ({ project: `apps/${name}`, folder: `src/${folder}`, role, list: folder })),
    );
  await Promise.all([...ofApps, ...OTHERS].map((kind) => writeHandlerList(root, kind)));
}

async function writeHandlerList(root, { project, folder, role, list }) {
  const generated = join(root, project, 'generated');
  const file = join(generated, `${list}.ts`);
  const handlers = join(root, project, folder);
  if (!existsSync(handlers)) return rm(file, { force: true });
  const from = relative(generated, handlers).replaceAll('\\', '/');
  const files = (await readdir(handlers, { recursive: true }))
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith(`.${role}.ts`))
    .sort();
  // `export {}`: a module even when it has nothing to export.
  const exports = files.map((name) => `export * from '${from}/${name}';\n`).join('') || 'export {};\n';
  await writeList(file, `// Written anew by every command, from ${folder}/**/*.${role}.ts.\n${exports}`);
}
