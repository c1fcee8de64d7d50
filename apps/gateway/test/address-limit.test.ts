import { limitByAddress } from '../src/address-limit.ts';

function door(limit: number) {
  let at = 0;
  const headers: Record<string, unknown> = {};
  const pass = limitByAddress({ limit, windowMs: 60_000, now: () => at });
  const reply = { header: (name: string, value: unknown) => void (headers[name] = value) } as never;
  return {
    headers,
    later: (ms: number) => (at += ms),
    /** How often of so many times it let an address through. */
    knock: async (ip: string, times = 1): Promise<number> => {
      const answers = await Promise.allSettled(Array.from({ length: times }, () => pass({ ip }, reply)));
      return answers.filter(({ status }) => status === 'fulfilled').length;
    },
  };
}

test('lets an address through as often as it may, and again in the next window', async () => {
  const { knock, later, headers } = door(3);
  expect(await knock('192.0.2.1', 5)).toBe(3);
  expect(headers['Retry-After']).toBe('60');
  later(59_999);
  expect(await knock('192.0.2.1')).toBe(0);
  expect(headers['Retry-After']).toBe('1');
  later(1);
  expect(await knock('192.0.2.1', 5)).toBe(3);
});

test('counts each address by itself, and the addresses of one IPv6 network together', async () => {
  const { knock } = door(1);
  expect([await knock('192.0.2.1'), await knock('192.0.2.2'), await knock('::ffff:192.0.2.3')]).toEqual([1, 1, 1]);
  expect(await knock('2001:db8::1')).toBe(1);
  expect(await knock('2001:db8:0:0:ffff::9')).toBe(0);
  expect(await knock('2001:db8:0:1::1')).toBe(1);
  expect([await knock('::1'), await knock('::2')]).toEqual([1, 0]);
});

test('forgets the oldest when there are too many, and not whoever is over the limit now', async () => {
  const { knock } = door(1);
  await knock('192.0.2.1');
  for (let n = 0; n < 10_000; n += 1) await knock(`10.0.${n >> 8}.${n & 255}`);
  expect(await knock('10.0.39.15')).toBe(0);
  expect(await knock('192.0.2.1')).toBe(1);
});
