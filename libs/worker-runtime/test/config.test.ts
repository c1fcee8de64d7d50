import { DEFAULT_RATE_LIMITS } from '@adx/activity-middleware';
import { ConfigError, WorkerConfig, readConfig, withoutEmpty } from '@adx/worker-runtime';
import { z } from 'zod';

const complete = {
  DATABASE_URL: 'postgres://app:sesame@127.0.0.1:5432/adx',
  ADX_PRINCIPAL_JWKS_FILE: '/keys.json',
};

describe('the configuration of a worker', () => {
  test('needs a database and keys, and has defaults for the rest', () => {
    expect(readConfig(WorkerConfig, complete)).toEqual({
      ...complete,
      ADX_RATE_LIMITS: DEFAULT_RATE_LIMITS,
      ADX_ADMIN_HOST: '127.0.0.1',
      ADX_ADMIN_PORT: 0,
      ADX_UPLOAD_LIMIT_BYTES: 256 * 1024 * 1024,
      ADX_LOG_LEVEL: 'info',
    });
  });

  test('is read from text', () => {
    const env = { ...complete, ADX_ADMIN_PORT: '8081', ADX_LOG_LEVEL: 'warn', PATH: '/bin' };
    expect(readConfig(WorkerConfig, env)).toMatchObject({ ADX_ADMIN_PORT: 8081, ADX_LOG_LEVEL: 'warn' });
  });

  test('takes an empty variable for one that is not set', () => {
    const env = { ...complete, ADX_ADMIN_PORT: '', ADX_LOG_LEVEL: '' };
    expect(readConfig(WorkerConfig, env)).toMatchObject({ ADX_ADMIN_PORT: 0, ADX_LOG_LEVEL: 'info' });
    expect(withoutEmpty({ A: '', B: undefined, C: '0' })).toEqual({ C: '0' });
  });
});

describe('the rate limits', () => {
  const read = (limits: string) => readConfig(WorkerConfig, { ...complete, ADX_RATE_LIMITS: limits }).ADX_RATE_LIMITS;

  test('are read as JSON, by plan', () => {
    const plans = {
      default: { tenant: { limit: 60, windowMs: 60_000 } },
      business: { user: { limit: 9, windowMs: 1_000 } },
    };
    expect(read(JSON.stringify(plans))).toEqual(plans);
  });

  test.each([
    ['text that is no JSON', 'sixty'],
    ['no default', '{}'],
    ['a limit of nothing', '{ "default": { "tenant": { "limit": 0, "windowMs": 1000 } } }'],
    ['a scope that does not exist', '{ "default": { "planet": { "limit": 1, "windowMs": 1000 } } }'],
    ['a window too short to lease in', '{ "default": { "user": { "limit": 1, "windowMs": 1 } } }'],
  ])('are refused with %s', (_name, limits) => {
    expect(() => read(limits)).toThrow(/ADX_RATE_LIMITS/);
  });
});

describe('a configuration with faults', () => {
  const faulty = {
    DATABASE_URL: 'mysql://app:sesame@127.0.0.1/adx',
    ADX_ADMIN_PORT: 'eighty',
    ADX_LOG_LEVEL: 'sesame',
    SMTP_URL: 'sesame',
  };
  const read = () => readConfig(WorkerConfig.extend({ SMTP_URL: z.url({ protocol: /^smtps?$/ }) }), faulty);

  test('is refused with all of them at once, by name', () => {
    expect(read).toThrow(ConfigError);
    for (const name of [...Object.keys(faulty), 'ADX_PRINCIPAL_JWKS_FILE']) {
      expect(read).toThrow(new RegExp(`^  - ${name}: .+$`, 'm'));
    }
  });

  test('is refused without a value: it may be secret', () => {
    expect(read).not.toThrow(/sesame|eighty/);
    expect(read).toThrow(/^the environment is not complete:\n/);
  });
});
