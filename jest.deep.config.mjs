import usual from './jest.config.mjs';

/** The long suites, which look where `npm test` looks, with more of everything. Never a part of it. */
export default {
  ...usual,
  testMatch: ['<rootDir>/{apps,libs,tools}/**/test-deep/**/*.deep.ts'],
  testTimeout: 600_000,
  maxWorkers: 3,
};
