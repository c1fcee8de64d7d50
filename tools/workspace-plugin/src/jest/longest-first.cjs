const { default: Sequencer } = require('@jest/test-sequencer');

/**
 * Test files that took over 40 s beside three others on two cores. Jest goes by how long a file took here before; where
 * it never ran, as in a fresh clone, by size, which starts the matrices last and ends with one worker busy of four.
 */
const LONG = [
  'onboarding-matrix',
  'directory-sync-failures',
  'resilient',
  'invitations',
  'canary',
  'subscription',
  'user-imports',
  'broadcasts',
  'maintenance',
  'offboarding',
  'attention',
  'subscription-follow-ups',
  'destroyed-keys',
  'entity',
  'standard-failures',
  'stack',
  'killed-parts',
  'outbox',
  'boundaries',
];

module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const index = LONG.findIndex((name) => path.endsWith(`/${name}.test.ts`));
      return index === -1 ? LONG.length : index;
    };
    return super.sort(tests).toSorted((a, b) => rank(a) - rank(b));
  }
};
