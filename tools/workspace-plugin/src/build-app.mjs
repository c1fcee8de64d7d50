// Writes <project>/dist/main.js, the one file that an image runs: workspace packages are in it, npm packages are not.
// Beside it the failure converter, which Temporal loads by its path.
import { copyFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { writeHandlerLists } from './handler-lists.mjs';
import { writeServiceLists } from './service-lists.mjs';

const [project] = process.argv.slice(2);
if (project === undefined || project === '--help') {
  process.stderr.write('usage: node tools/workspace-plugin/src/build-app.mjs <project folder>\n');
  process.exit(project === undefined ? 2 : 0);
}
const root = resolve(project);

/** esbuild's own `packages: 'external'` would leave the workspace's packages out as well. */
const npmPackagesOutside = {
  name: 'npm-packages-outside',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^[^./]/ }, ({ kind, path }) =>
      kind === 'entry-point' || path.startsWith('@adx/') ? undefined : { external: true },
    ),
};

// Nx keeps what comes out by the sources that went in, so the lists have to be theirs however the build was started.
await writeHandlerLists(resolve('.'));
await writeServiceLists(resolve('.'));
await build({
  entryPoints: [join(root, 'src/main.ts')],
  outfile: join(root, 'dist/main.js'),
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  sourcemap: true,
  conditions: ['@adx/source'],
  logLevel: 'warning',
  plugins: [npmPackagesOutside],
});
await copyFile('libs/payload-codec/src/failure-converter.cjs', join(root, 'dist/failure-converter.cjs'));
