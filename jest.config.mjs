/** One run over the whole tree; a project's own `test` target runs the same with its folder as the filter. */
export default {
  testMatch: ['<rootDir>/{apps,libs,tools}/**/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.[mc]?ts$': '<rootDir>/tools/workspace-plugin/src/jest/strip-types.cjs' },
  testEnvironmentOptions: { customExportConditions: ['@adx/source', 'node', 'node-addons'] },
  modulePathIgnorePatterns: ['/dist/'],
  cacheDirectory: '<rootDir>/.cache/jest',
  globalSetup: '<rootDir>/jest-global-setup.mjs',
  globalTeardown: '<rootDir>/jest-global-teardown.mjs',
  reporters: [
    'default',
    ...['proof-table', 'total'].map((name) => `<rootDir>/tools/workspace-plugin/src/jest/${name}-reporter.cjs`),
  ],
  testTimeout: 60_000,
  testSequencer: '<rootDir>/tools/workspace-plugin/src/jest/longest-first.cjs',
  // Twice the cores of the smallest machine this is for: most tests wait for something most of the time.
  maxWorkers: 4,
};
