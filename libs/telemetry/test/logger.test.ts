import { createLogger } from '@adx/telemetry';
import type { LogLevel } from '@adx/telemetry';
import { ApplicationFailure } from '@temporalio/common';

/** A logger whose lines end up in a list. */
function capture(level: LogLevel = 'info') {
  const lines: string[] = [];
  const logger = createLogger({
    service: 'shop',
    level,
    destination: { write: (line: string) => void lines.push(line) },
  });
  return { logger, lines, entries: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

test('an entry is one line of JSON with its service, its time and its message', () => {
  const { logger, lines, entries } = capture();
  logger.info({ port: 1 }, 'two\nlines');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^[^\n]+\n$/);
  expect(entries()[0]).toMatchObject({ service: 'shop', msg: 'two\nlines', port: 1 });
  expect(new Date(String(entries()[0]!['time'])).toISOString()).toBe(entries()[0]!['time']);
});

test.each([
  ['info', ['info', 'warn']],
  ['warn', ['warn']],
  ['silent', []],
] as const)('at level %s it prints %j', (level, printed) => {
  const { logger, entries } = capture(level);
  logger.debug('debug');
  logger.info('info');
  logger.warn('warn');
  expect(entries().map(({ msg }) => msg)).toEqual(printed);
});

describe('a secret', () => {
  const keys = ['authorization', 'principal', 'token', 'password', 'email', 'ownerEmail', 'address'];

  test.each(keys)('under the key %s is not printed, wherever it is', (key) => {
    const { logger, lines } = capture();
    logger.info({ [key]: 'sesame' }, 'top');
    logger.info({ input: { [key]: 'sesame', slug: 'acme' } }, 'inside');
    logger.info({ call: { input: { [key]: 'sesame' } } }, 'deeper');
    logger.child({ [key]: 'sesame' }).info('from a child');
    logger.child({ call: { [key]: 'sesame' } }).info('from a child, inside');
    logger.info({ rows: [{ [key]: 'sesame' }] }, 'in a list');
    expect(lines).toHaveLength(6);
    for (const line of lines) expect(line).toContain('[redacted]');
    expect(lines.join()).not.toContain('sesame');
    expect(lines[1]).toContain('acme');
  });
});

describe('an error', () => {
  test.each(['error', 'err'])('under the key %s is printed with type, message and stack', (key) => {
    const { logger, entries } = capture();
    logger.error({ [key]: new TypeError('no such thing') }, 'failed');
    expect(entries()[0]![key]).toMatchObject({
      type: 'TypeError',
      message: 'no such thing',
      stack: expect.stringContaining('logger.test.ts'),
    });
  });

  test('is printed with its cause', () => {
    const { logger, lines } = capture();
    logger.error({ error: new Error('outer', { cause: new Error('inner') }) }, 'failed');
    expect(lines[0]).toContain('inner');
  });

  test('is printed without secrets among its properties', () => {
    const { logger, lines } = capture();
    logger.error({ error: Object.assign(new Error('refused'), { token: 'sesame' }) }, 'failed');
    expect(lines[0]).toContain('refused');
    expect(lines[0]).not.toContain('sesame');
  });

  test('of Temporal is printed without its details, which are payloads', () => {
    const { logger, lines } = capture();
    const details = [{ input: { contact: 'ada@acme.example' } }];
    const error = ApplicationFailure.create({ type: 'shop.SoldOut', message: 'sold out', details });
    error.failure = { encodedAttributes: { data: Buffer.from('ada@acme.example') } };
    logger.error({ error, err: error }, 'failed');
    expect(lines[0]).toContain('sold out');
    expect(lines[0]).not.toMatch(/details|contact|encodedAttributes/);
  });

  test('that is none is printed as it is', () => {
    const { logger, entries } = capture();
    logger.error({ error: 'a text' }, 'failed');
    expect(entries()[0]!['error']).toBe('a text');
  });
});
