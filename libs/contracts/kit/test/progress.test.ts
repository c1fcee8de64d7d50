import { tenthPassed } from '@adx/contract-kit';

test.each([
  ['none', 0, 9, 100, undefined],
  ['the first', 9, 10, 100, 10],
  ['one that was reached before: none', 10, 19, 100, undefined],
  ['several: the last of them', 15, 47, 100, 40],
  ['the end: none', 0, 100, 100, undefined],
  ['beyond a total that was counted too low: none', 50, 120, 100, undefined],
  ['of nothing: none', 0, 0, 0, undefined],
])('passes %s', (_what, before, after, total, tenth) => {
  expect(tenthPassed({ before, after, total })).toBe(tenth);
});

test('an import of 200 batches passes nine', () => {
  const passed = Array.from({ length: 200 }, (_, n) =>
    tenthPassed({ before: n * 5_000, after: (n + 1) * 5_000, total: 1_000_000 }),
  );
  expect(passed.filter((tenth) => tenth !== undefined)).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90]);
});
