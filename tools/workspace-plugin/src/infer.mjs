import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createNodesFromFiles } from '@nx/devkit';

/**
 * Gives every project its targets, so that a project is a package.json with tags and nothing else to configure. Plain
 * JavaScript: Nx loads plugins in processes of its own, whatever Node runs them.
 */
export const createNodes = [
  '{package.json,{apps,libs,tools}/**/package.json}',
  (files, options, context) =>
    createNodesFromFiles(
      (file) => {
        const root = dirname(file);
        const has = (path) => existsSync(join(context.workspaceRoot, root, path));
        if (root === '.') return { projects: { '.': { root, name: 'adx-core', targets: wholeTree } } };
        if (!has('src') && !has('test')) return {};
        // Named by its package; Nx takes `user-worker` for `@adx/user-worker`.
        return { projects: { [root]: { root, targets: targetsOf(root, has) } } };
      },
      files,
      options,
      context,
    ),
];

const node = 'node --conditions=@adx/source';
const jest = `${node} --experimental-vm-modules --disable-warning=ExperimentalWarning node_modules/jest/bin/jest.js`;

const cached = (command, rest) => ({ command, options: { cwd: '{workspaceRoot}' }, cache: true, ...rest });

const everySource = [
  '{workspaceRoot}/{apps,libs,tools}/**/*.{ts,mjs,cjs,json}',
  '!{workspaceRoot}/**/{dist,node_modules}/**',
  '{workspaceRoot}/*.{mjs,json}',
  // Their clients are generated and ignored by git, and checked all the same.
  '{workspaceRoot}/apps/*/prisma/schema.prisma',
];

/** One program each: types and boundaries cross projects, and one run over all is several times faster than one per project. */
const wholeTree = {
  typecheck: cached('tsc -p tsconfig.json', { inputs: everySource }),
  // Without eslint's own cache: it looks at one file at a time, and both types and tags reach across files.
  lint: cached('eslint --max-warnings 0 .', { inputs: everySource }),
};

/** A project's part of a check of the whole tree is that check, so `nx affected -t typecheck` means what it says. */
const wholeTreeTarget = (target) => ({ executor: 'nx:noop', dependsOn: [{ projects: ['adx-core'], target }] });

/** Their tests look at sources of other projects without importing them. */
const testsOfTheTree = [
  'libs/contracts/kit',
  'libs/workflow-bundle',
  'tools/contract-gate',
  'tools/deployment',
  'tools/workspace-plugin',
];

function targetsOf(root, has) {
  const own = ['sources', '^sources', 'toolchain'];
  return {
    typecheck: wholeTreeTarget('typecheck'),
    lint: wholeTreeTarget('lint'),
    ...(has('test') && {
      test: cached(`${jest} ${root}/test`, {
        inputs: [...own, 'tests', 'testRun', ...(testsOfTheTree.includes(root) ? everySource : [])],
        // Of what it depends on, too: the stack of a test runs the workers' prebuilt bundles.
        dependsOn: ['bundle-workflows', '^bundle-workflows'],
      }),
    }),
    ...(has('src/workflows') && {
      'bundle-workflows': cached(`${node} tools/workspace-plugin/src/bundle-workflows.ts ${root}`, {
        inputs: [...own, '{workspaceRoot}/libs/workflow-bundle/src/**/*'],
        outputs: ['{projectRoot}/dist/workflows.js', '{projectRoot}/dist/workflows.modules.json'],
      }),
    }),
    ...(has('src/main.ts') && {
      build: cached(`node tools/workspace-plugin/src/build-app.mjs ${root}`, {
        inputs: own,
        outputs: [
          '{projectRoot}/dist/main.js',
          '{projectRoot}/dist/main.js.map',
          '{projectRoot}/dist/failure-converter.cjs',
        ],
        dependsOn: ['bundle-workflows'],
      }),
    }),
  };
}
