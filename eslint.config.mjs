import { createProjectGraphAsync, readCachedProjectGraph } from '@nx/devkit';
import nx from '@nx/eslint-plugin';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { moduleBoundaries, testModuleBoundaries } from './tools/workspace-plugin/src/lint/module-boundaries.mjs';
import { sandboxImports } from './tools/workspace-plugin/src/lint/sandbox-imports.mjs';

// Without a project graph the boundary rule says so and lets everything pass.
try {
  readCachedProjectGraph();
} catch {
  await createProjectGraphAsync({ exitOnError: false, resetDaemonClient: true });
}

const tests = ['**/{test,test-deep}/**/*.ts'];

export default defineConfig(
  { ignores: ['**/dist/', '**/generated/', '**/node_modules/', '.adx/', '.cache/', '.nx/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.{mjs,cjs}'],
    rules: { 'no-unused-vars': ['error', { argsIgnorePattern: '^_' }], 'prefer-const': 'error', 'no-var': 'error' },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    plugins: { '@nx': nx },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@nx/enforce-module-boundaries': moduleBoundaries,
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // `async` without `await` is meant: it turns a throw into the rejection that an interface promises.
      '@typescript-eslint/require-await': 'off',
      // Takes an assertion that a generic return type is inferred from for unnecessary; its fix then does not compile.
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      eqeqeq: 'error',
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportAllDeclaration', message: 'Name what is exported: an index is a table of contents.' },
      ],
    },
  },
  {
    // A process has one place that reads its environment and hands it on, so that every variable is validated.
    files: ['apps/*/src/**/*.ts', 'libs/**/src/**/*.ts'],
    ignores: [
      '**/src/main.ts',
      '**/src/config.ts',
      'libs/worker-runtime/src/run-worker.ts',
      'libs/{local-parts,testing}/**',
    ],
    rules: {
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'Take it from the configuration; main.ts and src/config.ts read the environment.',
        },
      ],
    },
  },
  ...['apps/*/src/workflows', 'libs/workflow-patterns/src'].map((folder) => ({
    files: [`${folder}/**/*.ts`],
    plugins: { adx: { rules: { 'sandbox-imports': sandboxImports } } },
    rules: { 'adx/sandbox-imports': ['error', { folder: folder.slice(folder.indexOf('src')) }] },
  })),
  {
    files: tests,
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': testModuleBoundaries,
      // Jest's asymmetric matchers are `any` by their types.
      '@typescript-eslint/no-unsafe-assignment': 'off',
    },
  },
  {
    // Type tests are wrong on purpose; the compiler is their test.
    files: ['**/test/types.ts'],
    extends: [tseslint.configs.disableTypeChecked],
  },
);
