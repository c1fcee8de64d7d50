import { ActivityFailure, ApplicationFailureCategory, RetryState } from '@temporalio/common';
import {
  FAILURES,
  declaredError,
  declaredErrorType,
  failure,
  isDeclaredErrorType,
  rootFailure,
  statusOfFailure,
} from '../src/index.ts';
import type { FailureType } from '../src/index.ts';

/** The wire: clients and histories depend on every line. Adding one is fine, changing one is a breaking change. */
const TABLE: Record<FailureType, readonly [retryable: boolean, status: number]> = {
  InvalidInput: [false, 400],
  NotFound: [false, 404],
  TenantAccessDenied: [false, 403],
  TenantAccessUnknown: [true, 503],
  StepConflict: [false, 500],
  StepFenced: [false, 409],
  StepBusy: [true, 503],
  DatabaseError: [true, 503],
  DatabaseRefused: [false, 500],
  ExternalApiError: [true, 503],
  ExternalApiRefused: [false, 502],
  UpstreamBusy: [true, 503],
  CircuitBreakerOpen: [true, 503],
  SsrfBlocked: [false, 500],
  UndoImpossible: [false, 500],
  PivotUnsettled: [false, 500],
  StepNotParked: [false, 409],
  ResolutionRefused: [false, 400],
  SagaAlreadyUndone: [false, 409],
  SagaCompensated: [false, 409],
  SagaPartlyCompensated: [false, 500],
  SagaTimedOut: [false, 504],
  SagaFailed: [false, 500],
};

test('the kernel has these failures and no others', () => {
  expect(Object.keys(FAILURES).sort()).toEqual(Object.keys(TABLE).sort());
});

describe.each(Object.entries(TABLE) as [FailureType, readonly [boolean, number]][])(
  '%s',
  (type, [retryable, status]) => {
    test(`is ${retryable ? '' : 'not '}worth another attempt, and is answered with ${status}`, () => {
      expect(failure(type, 'why')).toMatchObject({ type, message: 'why', nonRetryable: !retryable });
      expect(statusOfFailure(type)).toBe(status);
    });
  },
);

test('what is worth another attempt is answered as "try again", and nothing else is', () => {
  for (const { retryable, status } of Object.values(FAILURES)) expect(status === 503).toBe(retryable);
});

test('a failure that says when to come again is benign: it is expected and alerts nobody', () => {
  const busy = failure('StepBusy', 'held by another attempt', { retryAfterMs: 12.3 });
  expect(busy.nextRetryDelay).toBe(13);
  expect(busy.category).toBe(ApplicationFailureCategory.BENIGN);
  expect(failure('StepBusy', 'held').category).not.toBe(ApplicationFailureCategory.BENIGN);
});

test('a failure carries its cause and its details', () => {
  const cause = new Error('first');
  expect(failure('SagaFailed', 'left', { cause, details: [{ steps: ['a'] }] })).toMatchObject({
    cause,
    details: [{ steps: ['a'] }],
  });
});

describe('a declared error', () => {
  const taken = declaredError('tenant', 'SlugTaken', { slug: 'acme' });

  test('is named by its service, is never retried, and keeps its details out of its message', () => {
    expect(taken).toMatchObject({ type: 'tenant.SlugTaken', nonRetryable: true, details: [{ slug: 'acme' }] });
    expect(taken.message).toBe('tenant.SlugTaken');
  });

  test('is answered with 409', () => expect(statusOfFailure('tenant.SlugTaken')).toBe(409));

  test('is told from the failures of the kernel by its name', () => {
    expect(isDeclaredErrorType(declaredErrorType('user-profile', 'EmailTaken'))).toBe(true);
    expect(Object.keys(FAILURES).filter(isDeclaredErrorType)).toEqual([]);
    expect(
      ['tenant.', '.SlugTaken', 'tenant.slugTaken', 'Tenant.SlugTaken', 'a.B.C'].filter(isDeclaredErrorType),
    ).toEqual([]);
  });
});

test.each(['TypeError', 'toString', '__proto__', ''])('the unknown failure type %p is answered with 500', (type) => {
  expect(statusOfFailure(type)).toBe(500);
});

test('the root of a failure is its innermost cause', () => {
  const root = declaredError('tenant', 'SlugTaken', {});
  const wrapped = new ActivityFailure(
    'activity failed',
    'reserveTenant',
    '1',
    RetryState.NON_RETRYABLE_FAILURE,
    'w',
    root,
  );
  expect(rootFailure(wrapped)).toBe(root);
  expect(rootFailure('thrown text')).toBe('thrown text');
});
