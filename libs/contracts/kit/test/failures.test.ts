import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { ActivityFailure, ApplicationFailureCategory, RetryState } from '@temporalio/common';
import {
  FAILURES,
  WAITING_FAILURES,
  declaredError,
  declaredErrorType,
  failure,
  failureOf,
  isDeclaredErrorType,
  isFailure,
  rootFailure,
  statusOfFailure,
} from '../src/index.ts';
import type { FailureType, SagaReaction } from '../src/index.ts';

const reference = readFileSync(new URL('../../../../docs/reference/failures.md', import.meta.url), 'utf8');

/** As a workflow sees what its activity threw. */
function wrapped(cause: Error): ActivityFailure {
  return new ActivityFailure('activity failed', 'a', '1', RetryState.MAXIMUM_ATTEMPTS_REACHED, 'worker', cause);
}

/** The wire: clients and histories depend on every line. Adding one is fine, changing one is a breaking change. */
const TABLE: Record<FailureType, readonly [retryable: boolean, status: number, saga: SagaReaction]> = {
  InvalidInput: [false, 400, 'undoes'],
  NotFound: [false, 404, 'undoes'],
  BusinessLogicError: [false, 422, 'undoes'],
  TenantAccessDenied: [false, 403, 'undoes'],
  TenantAccessUnknown: [true, 503, 'undoes'],
  TenantValidationFailed: [false, 422, 'undoes'],
  RateLimited: [true, 429, 'waits'],
  StepConflict: [false, 500, 'undoes'],
  StepFenced: [false, 409, 'undoes'],
  StepBusy: [true, 503, 'undoes'],
  LockHeld: [true, 503, 'waits'],
  DatabaseError: [true, 503, 'undoes'],
  DatabaseRefused: [false, 500, 'undoes'],
  ExternalApiError: [true, 502, 'undoes'],
  ExternalApiRefused: [false, 500, 'undoes'],
  CircuitBreakerOpen: [true, 503, 'waits'],
  UpstreamBusy: [true, 503, 'waits'],
  SsrfBlocked: [false, 422, 'undoes'],
  UndoImpossible: [false, 500, 'parks'],
  PivotUnsettled: [false, 500, 'parks'],
  StepNotParked: [false, 409, 'none'],
  ResolutionRefused: [false, 400, 'none'],
  SecondPersonRequired: [false, 403, 'none'],
  SignalRefused: [false, 409, 'none'],
  SagaAlreadyUndone: [false, 409, 'none'],
  SagaCompensated: [false, 409, 'none'],
  SagaPartlyCompensated: [false, 500, 'none'],
  SagaTimedOut: [false, 504, 'none'],
  SagaFailed: [false, 500, 'none'],
  StandardFailed: [false, 409, 'none'],
  StandardUnsettled: [false, 500, 'none'],
  LongRunningFailed: [false, 500, 'none'],
  EntityEnded: [false, 409, 'none'],
  EntityFailed: [false, 500, 'none'],
};

test('the kernel has these failures and no others', () => {
  expect(Object.keys(FAILURES).sort()).toEqual(Object.keys(TABLE).sort());
});

describe.each(Object.entries(TABLE) as [FailureType, readonly [boolean, number, SagaReaction]][])(
  '%s',
  (type, [retryable, status, saga]) => {
    test(`is ${retryable ? '' : 'not '}worth another attempt, and is answered with ${status}`, () => {
      expect(failure(type, 'why')).toMatchObject({ type, message: 'why', nonRetryable: !retryable });
      expect(statusOfFailure(type)).toBe(status);
    });

    test(`is one after which a saga does this: ${saga}`, () => {
      expect(FAILURES[type].saga).toBe(saga);
      expect(WAITING_FAILURES.includes(type)).toBe(saga === 'waits');
    });

    test('is known by its name, also from within the sandbox and within the wrapping of Temporal', () => {
      const sandboxed = runInNewContext(`Object.assign(new Error('why'), { name: 'ApplicationFailure', type })`, {
        type,
      }) as unknown;
      for (const error of [failure(type, 'why'), sandboxed]) {
        expect(isFailure(error)).toBe(true);
        expect(isFailure(error, type)).toBe(true);
        expect(isFailure(error, type === 'NotFound' ? 'InvalidInput' : 'NotFound')).toBe(false);
      }
      expect(failureOf(wrapped(failure(type, 'why', { cause: failure('NotFound', 'deeper') })))?.type).toBe(type);
    });

    test('is described in the reference as the table has it', () => {
      const line = reference.split('\n').find((text) => text.startsWith(`| \`${type}\` `));
      const cells = line?.split('|').map((cell) => cell.trim());
      expect(cells?.slice(2, 5)).toEqual([retryable ? 'yes' : 'no', String(status), saga === 'none' ? '-' : saga]);
    });
  },
);

test('the reference describes no failure that does not exist', () => {
  const described = [...reference.matchAll(/^\| `([A-Za-z]+)` /gm)].map(([, type]) => type);
  expect(described.sort()).toEqual(Object.keys(FAILURES).sort());
});

test('what is worth another attempt is answered as "try again", and nothing else is', () => {
  for (const { retryable, status } of Object.values(FAILURES)) expect([429, 502, 503].includes(status)).toBe(retryable);
});

test('a saga waits only for what is worth another attempt, and parks only what is not', () => {
  for (const { retryable, saga } of Object.values(FAILURES)) {
    if (saga === 'waits') expect(retryable).toBe(true);
    if (saga === 'parks' || saga === 'none') expect(retryable).toBe(false);
  }
});

test.each([
  ['nothing', undefined],
  ['a text', 'RateLimited'],
  ['a plain error', new Error('RateLimited')],
  ['a declared error', declaredError('tenant', 'SlugTaken', {})],
  ['an error that only bears the type', Object.assign(new Error('x'), { type: 'RateLimited' })],
])('%s is no failure of the kernel', (_name, error) => {
  expect(isFailure(error)).toBe(false);
  expect(isFailure(error, 'RateLimited')).toBe(false);
  expect(failureOf(error)).toBeUndefined();
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
