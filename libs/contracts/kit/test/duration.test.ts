import { milliseconds } from '@adx/contract-kit';
import type { Duration } from '@adx/contract-kit';
import fc from 'fast-check';

describe('a duration', () => {
  test.each([
    ['500ms', 500],
    ['10s', 10_000],
    ['15m', 900_000],
    ['1.5h', 5_400_000],
    ['7d', 604_800_000],
  ] as const)('%s is %d milliseconds', (duration, expected) => expect(milliseconds(duration)).toBe(expected));

  test('counts its unit', () => {
    const unit = fc.constantFrom(['ms', 1], ['s', 1e3], ['m', 6e4], ['h', 36e5], ['d', 864e5]) as fc.Arbitrary<
      ['ms' | 's' | 'm' | 'h' | 'd', number]
    >;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), unit, (count, [name, factor]) =>
        expect(milliseconds(`${count}${name}`)).toBe(count * factor),
      ),
    );
  });

  test.each(['', '10', 's', '0s', '-1s', '1 s', ' 1s', '1s ', '1s\n', '1e3s', '10S', '1w', '.5s', 'NaNs', 'Infinitys'])(
    'is not %j, and the message says what is',
    (text) => {
      expect(() => milliseconds(text as Duration)).toThrow(
        new RangeError(`"${text}" is not a duration; write for example '500ms', '10s' or '15m'`),
      );
    },
  );
});
