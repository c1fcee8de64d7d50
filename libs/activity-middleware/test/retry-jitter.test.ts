import { failure } from '@adx/contract-kit';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import fc from 'fast-check';
import { withJitter } from '../src/retry-jitter.ts';

const policy = { initialInterval: 500, maximumInterval: 10_000, backoffCoefficient: 2, maximumAttempts: 5 };
const unexpected = () => ApplicationFailure.create({ type: 'UnexpectedError', message: 'Error: lost' });

test('the delay is the one of the retry policy, a quarter more or less', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
      const policyDelay = Math.min(500 * 2 ** (attempt - 1), 10_000);
      const { nextRetryDelay } = withJitter(unexpected(), { attempt, policy }, () => random) as ApplicationFailure;
      expect(nextRetryDelay).toBeGreaterThanOrEqual(policyDelay * 0.75);
      expect(nextRetryDelay).toBeLessThanOrEqual(policyDelay * 1.25);
    }),
  );
});

test('the scaled policy of a test has scaled delays', () => {
  const scaled = { ...policy, initialInterval: 1, maximumInterval: 20 };
  const { nextRetryDelay } = withJitter(unexpected(), { attempt: 9, policy: scaled }) as ApplicationFailure;
  expect(nextRetryDelay).toBeLessThanOrEqual(25);
});

test.each(['DatabaseError', 'ExternalApiError', 'StepBusy', 'TenantAccessUnknown'] as const)(
  '%s keeps what it says, and is no refusal',
  (type) => {
    const error = failure(type, 'lost', { details: [{ code: '40001' }], cause: new Error('why') });
    const jittered = withJitter(error, { attempt: 1, policy }) as ApplicationFailure;
    expect(jittered).toMatchObject({ type, message: 'lost', details: [{ code: '40001' }], nonRetryable: false });
    expect(jittered.cause).toBe(error.cause);
    expect(jittered.category).not.toBe(ApplicationFailureCategory.BENIGN);
    expect(jittered.nextRetryDelay).toBeGreaterThan(0);
  },
);

test.each([
  ['is not retryable', failure('InvalidInput', 'no'), policy],
  ['has a delay of its own', failure('ExternalApiError', 'later', { retryAfterMs: 0 }), policy],
  ['is a refusal', failure('RateLimited', 'later', { retryAfterMs: 7 }), policy],
  ['is final for whoever started it', failure('UpstreamBusy', 'full'), { nonRetryableErrorTypes: ['UpstreamBusy'] }],
  ['is of somebody else', ApplicationFailure.create({ type: 'Other', message: 'x' }), policy],
  ['comes from a server that tells no policy', unexpected(), undefined],
])('what %s stays as it is', (_what, error, given) => {
  expect(withJitter(error, { attempt: 1, policy: given })).toBe(error);
});
