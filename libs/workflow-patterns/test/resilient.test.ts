import { declaredError, failure } from '@adx/contract-kit';
import type { FailureType, Json, OperationState } from '@adx/contract-kit';
import { ApplicationFailure } from '@temporalio/common';
import { openFerry, until } from './ferry/ferry-harness.ts';
import type { Crossing, Ferry } from './ferry/ferry-harness.ts';

let ferry: Ferry;
let released = Promise.withResolvers<null>();
beforeAll(async () => {
  ferry = await openFerry();
});
afterEach(() => {
  released.resolve(null);
  released = Promise.withResolvers();
  ferry.alerts.length = 0;
});
afterAll(() => ferry.close());

const hang = () => released.promise;
const kernel = (type: FailureType) => (): Json => {
  throw failure(type, 'scripted');
};
const declared = (name: string) => (): Json => {
  throw declaredError('ferry', name, {});
};
const unexpected = (): Json => {
  throw ApplicationFailure.create({ type: 'UnexpectedError', message: 'scripted' });
};
/** Fails a number of times, and then no more. */
function times(count: number, script: () => Json) {
  let left = count;
  return () => (left-- > 0 ? script() : null);
}
const steps = ({ steps: all }: OperationState) =>
  all.map(({ name, status, undo, error }) => [name, status, undo, error?.type]);
const parked = ({ status }: OperationState) => status === 'needs-attention';

/** Every way in which a step may fail, and whether its attempts are used up first. */
const FAILURES: readonly (readonly [type: string, script: () => Promise<Json> | Json, retryable: boolean])[] = [
  ['ferry.TooHeavy', declared('TooHeavy'), false],
  ['ferry.NoRoom', declared('NoRoom'), false],
  ...(
    [
      ['DatabaseError', true],
      ['ExternalApiError', true],
      ['StepBusy', true],
      ['TenantAccessUnknown', true],
      ['InvalidInput', false],
      ['NotFound', false],
      ['BusinessLogicError', false],
      ['TenantAccessDenied', false],
      ['TenantValidationFailed', false],
      ['StepConflict', false],
      ['DatabaseRefused', false],
      ['ExternalApiRefused', false],
      ['SsrfBlocked', false],
    ] as const
  ).map(([type, retryable]) => [type, kernel(type), retryable] as const),
  ['UnexpectedError', unexpected, true],
  ['StepTimedOut', hang, true],
];
/** Attempts of the contract. */
const ATTEMPTS = 2;

const endsCompleted = async (crossing: Crossing) => {
  expect(await crossing.ending()).toEqual({ result: { carried: 1 } });
  expect((await crossing.state()).status).toBe('completed-with-errors');
};
const isUndone = async (crossing: Crossing, type: string) => {
  expect(await crossing.ending()).toMatchObject({ type: 'SagaCompensated' });
  const state = await crossing.state();
  expect(state).toMatchObject({ status: 'compensated', error: { type } });
  expect(steps(state)).toEqual([
    ['castOff', 'done', 'undone', undefined],
    ['carry', 'failed', 'undone', type],
  ]);
  expect(crossing.attempts.slice(-2)).toEqual(['carry.undo', 'castOff.undo']);
};
const asks = async (crossing: Crossing, type: string) => {
  const { attention } = await crossing.until(parked);
  expect(attention).toMatchObject([
    { step: 'carry', phase: 'step', error: { type }, actions: ['retry', 'skip', 'give-up'] },
  ]);
  expect(await crossing.resolve('carry', 'skip')).toMatchObject({ outcome: 'resolved' });
  await endsCompleted(crossing);
};

describe('whatever a step fails with, the process does what its policy says', () => {
  const goesOn = async (crossing: Crossing, type: string) => {
    await endsCompleted(crossing);
    expect(steps(await crossing.state())).toContainEqual(['carry', 'skipped', 'undone', type]);
  };
  test.each([
    ['settingAside', 1, goesOn],
    ['compensating', 1, isUndone],
    ['escalating', 1, asks],
    ['retrying', 4, asks],
    ['retryingThenSettingAside', 3, goesOn],
    ['retryingThenCompensating', 3, isUndone],
  ] as const)('%s', async (process, runs, check) => {
    await Promise.all(
      FAILURES.map(async ([type, script, retryable]) => {
        const crossing = await ferry.cross(process, { scripts: { carry: script } });
        await check(crossing, type);
        // It did fail, in every attempt of every run, and the state counts the runs.
        const failed = crossing.attempts.filter((attempt) => attempt === 'carry');
        expect([type, failed.length]).toEqual([type, runs * (retryable ? ATTEMPTS : 1)]);
        const { steps: all } = await crossing.state();
        expect(all.find(({ name }) => name === 'carry')?.attempts).toBe(runs);
      }),
    );
  });
});

test('the usual policy tries again what passes, and undoes what does not, without telling anybody', async () => {
  const usual = (script: () => Json | Promise<Json>) => ferry.cross('asUsual', { scripts: { carry: script } });
  for (const [type, script, retryable] of FAILURES.slice(2)) {
    if (type === 'StepTimedOut') continue;
    const crossing = await usual(script);
    if (retryable) await asks(crossing, type);
    else await isUndone(crossing, type);
  }
  expect(new Set(ferry.alerts.map(({ type }) => type))).toEqual(
    new Set(['DatabaseError', 'ExternalApiError', 'StepBusy', 'TenantAccessUnknown', 'UnexpectedError']),
  );
});

test('what was tried again in vain is told once, graded by whether there are effects', async () => {
  const before = await ferry.cross('retrying', { scripts: { castOff: unexpected } });
  await before.until(parked);
  await before.resolve('castOff', 'retry');
  await before.until(parked);
  await before.resolve('castOff', 'give-up');
  await before.ending();
  const behind = await ferry.cross('retrying', { scripts: { carry: unexpected } });
  await behind.until(parked);
  await behind.handle.cancel();
  await behind.ending();
  expect(ferry.alerts).toMatchObject([
    { alert: 'warning', step: 'castOff', type: 'UnexpectedError', attempts: 4 },
    { alert: 'critical', step: 'carry', type: 'UnexpectedError', attempts: 4 },
  ]);
});

test('recovers from where it was: what is done is not done again', async () => {
  const crossing = await ferry.cross('retrying', { scripts: { 'carry~2': times(2, declared('NoRoom')) } });
  expect(await crossing.ending()).toEqual({ result: { carried: 2 } });
  expect(crossing.attempts).toEqual(['castOff', 'carry', 'carry~2', 'carry~2', 'carry~2']);
  const state = await crossing.state();
  expect(state.status).toBe('completed');
  expect(state.steps[2]).toMatchObject({ status: 'done', attempts: 3 });
  expect(state.steps[2]).not.toHaveProperty('error');
});

test('waits 1, 2 and 4 s between recoveries, a quarter more or less, and two processes not the same', async () => {
  const waits = async () => {
    const crossing = await ferry.cross('retrying', { scale: 0.05, scripts: { carry: times(3, declared('NoRoom')) } });
    await crossing.ending();
    const { events } = await crossing.handle.fetchHistory();
    const timers = events!.flatMap(({ timerStartedEventAttributes: timer }) =>
      timer ? [Number(timer.startToFireTimeout!.seconds) * 1_000 + timer.startToFireTimeout!.nanos! / 1e6] : [],
    );
    // The first one is the deadline.
    return timers.slice(1).map((ms) => ms / 0.05 / 1_000);
  };
  const [first, second] = await Promise.all([waits(), waits()]);
  for (const seconds of [first, second]) {
    expect(seconds).toHaveLength(3);
    seconds.forEach((wait, index) => {
      expect(wait / 2 ** index).toBeGreaterThan(0.7);
      expect(wait / 2 ** index).toBeLessThan(1.3);
    });
  }
  expect(first).not.toEqual(second);
});

test.each(['CircuitBreakerOpen', 'RateLimited', 'UpstreamBusy'] as const)(
  'waits for as long as a refusal says, at the cost of nothing: %s',
  async (type) => {
    const refuse = (): Json => {
      throw failure(type, 'not now', { retryAfterMs: 30, details: [{ attempt: 1, retryAfterMs: 30 }] });
    };
    const crossing = await ferry.cross('compensating', { scripts: { carry: times(8, refuse) } });
    expect(await crossing.ending()).toEqual({ result: { carried: 2 } });
    expect(crossing.attempts.filter((attempt) => attempt === 'carry')).toHaveLength(9);
    expect((await crossing.state()).steps[1]).toMatchObject({ status: 'done', attempts: 1 });
    expect(ferry.alerts).toEqual([]);
  },
);

describe('a person who is asked', () => {
  test('lets it try again, and may be asked again', async () => {
    const crossing = await ferry.cross('escalating', { scripts: { carry: times(2, declared('NoRoom')) } });
    await crossing.until(parked);
    expect(await crossing.resolve('carry', 'retry')).toMatchObject({ outcome: 'parked-again' });
    expect(await crossing.resolve('carry', 'retry')).toMatchObject({ outcome: 'resolved' });
    expect(await crossing.ending()).toEqual({ result: { carried: 2 } });
    // The answers are on record, each as a step of its own.
    expect(crossing.attempts).toEqual([
      ...['castOff', 'carry', 'carry.resolve', 'carry', 'carry.resolve~2', 'carry', 'carry~2'],
    ]);
  });

  test('gives up, and then everything is undone', async () => {
    const crossing = await ferry.cross('escalating', { scripts: { carry: declared('NoRoom') } });
    await crossing.until(parked);
    expect(await crossing.resolve('carry', 'give-up')).toMatchObject({ outcome: 'resolved' });
    await isUndone(crossing, 'ferry.NoRoom');
  });

  test('cannot skip what the process cannot do without', async () => {
    const crossing = await ferry.cross('escalating', { scripts: { castOff: declared('Fog') } });
    expect((await crossing.until(parked)).attention).toMatchObject([
      { step: 'castOff', actions: ['retry', 'give-up'] },
    ]);
    await expect(crossing.resolve('castOff', 'skip')).rejects.toMatchObject({ cause: { type: 'ResolutionRefused' } });
    await crossing.resolve('castOff', 'give-up');
    expect(await crossing.ending()).toEqual({ type: 'SagaCompensated', root: 'ferry.Fog' });
  });

  test('and never comes is not waited for beyond the deadline', async () => {
    const crossing = await ferry.cross('escalating', { scale: 0.0005, scripts: { carry: declared('NoRoom') } });
    await crossing.until(parked);
    expect(await crossing.ending()).toMatchObject({ type: 'SagaTimedOut' });
    const state = await crossing.state();
    expect(state.status).toBe('timed-out');
    expect(state).not.toHaveProperty('attention');
    expect(steps(state)).toEqual([
      ['castOff', 'done', 'undone', undefined],
      ['carry', 'failed', 'undone', 'ferry.NoRoom'],
    ]);
  });
});

test('what the process cannot do without is not set aside', async () => {
  const crossing = await ferry.cross('settingAside', { scripts: { castOff: declared('Fog') } });
  expect(await crossing.ending()).toEqual({ type: 'SagaCompensated', root: 'ferry.Fog' });
  expect(crossing.attempts).toEqual(['castOff', 'castOff.undo']);
});

describe('a cancellation undoes what was attempted, and is no error', () => {
  const cancelled = async (crossing: Crossing, undone: readonly string[]) => {
    await crossing.handle.cancel();
    expect(await crossing.ending()).toMatchObject({ type: 'CancelledFailure' });
    expect(await crossing.state()).toMatchObject({ status: 'cancelled', cancellable: false });
    expect(crossing.attempts.filter((attempt) => attempt.endsWith('.undo'))).toEqual(undone);
    expect(ferry.alerts.filter(({ type }) => type === 'Cancelled')).toEqual([]);
  };

  test.each([
    ['castOff', ['castOff.undo']],
    ['carry', ['carry.undo', 'castOff.undo']],
    ['carry~2', ['carry~2.undo', 'carry.undo', 'castOff.undo']],
  ])('during %s', async (step, undone) => {
    const crossing = await ferry.cross('settingAside', { scale: 1, scripts: { [step]: hang } });
    // The local attempt is over when there is a second one: until then a cancellation waits for it.
    await until(
      () => crossing.attempts.filter((attempt) => attempt === step).length,
      (count) => count === 2,
    );
    await cancelled(crossing, undone);
  });

  test('between two recoveries', async () => {
    const crossing = await ferry.cross('retrying', { scale: 1, scripts: { carry: declared('NoRoom') } });
    await crossing.until(({ steps: all }) => all[1]?.error !== undefined);
    await cancelled(crossing, ['carry.undo', 'castOff.undo']);
  });

  test('while a person is waited for', async () => {
    const crossing = await ferry.cross('escalating', { scale: 1, scripts: { carry: declared('NoRoom') } });
    await crossing.until(parked);
    await cancelled(crossing, ['carry.undo', 'castOff.undo']);
    const state = await crossing.state();
    expect(state).not.toHaveProperty('attention');
    // Why it waited is still there.
    expect(state.steps[1]).toMatchObject({ status: 'failed', error: { type: 'ferry.NoRoom' } });
  });

  test('while the answer of that person is being recorded', async () => {
    const crossing = await ferry.cross('escalating', {
      scale: 1,
      scripts: { carry: declared('NoRoom'), 'carry.resolve': hang },
    });
    await crossing.until(parked);
    const answered = crossing.resolve('carry', 'retry');
    await until(
      () => crossing.attempts.filter((attempt) => attempt === 'carry.resolve').length,
      (count) => count === 2,
    );
    await crossing.handle.cancel();
    await until(
      () => crossing.attempts.at(-1),
      (last) => last === 'castOff.undo',
    );
    released.resolve(null);
    expect(await answered).toMatchObject({ outcome: 'resolved' });
    expect(await crossing.ending()).toMatchObject({ type: 'CancelledFailure' });
    expect(crossing.attempts.filter((attempt) => attempt === 'carry')).toHaveLength(1);
  });

  test('while a step is being set aside', async () => {
    const crossing = await ferry.cross('settingAside', {
      scale: 1,
      scripts: { carry: declared('NoRoom'), 'carry.undo': hang },
    });
    await until(
      () => crossing.attempts.filter((attempt) => attempt === 'carry.undo').length,
      (count) => count === 2,
    );
    await crossing.handle.cancel();
    await crossing.until(({ error }) => error?.type === 'Cancelled');
    released.resolve(null);
    expect(await crossing.ending()).toMatchObject({ type: 'CancelledFailure' });
    expect(crossing.attempts).not.toContain('carry~2');
    expect(crossing.attempts.at(-1)).toBe('castOff.undo');
  });
});

describe('when recovery is used up and the undo does not succeed, either', () => {
  const stuckUndo = () =>
    ferry.cross('retryingThenCompensating', {
      scripts: { 'carry~2': declared('TooHeavy'), 'carry.undo': kernel('UndoImpossible') },
    });

  test('the others are undone, and it waits for a person; given up, it says what is left behind', async () => {
    const crossing = await stuckUndo();
    const state = await crossing.until((one) => parked(one) && one.steps[0]?.undo === 'undone');
    expect(state.attention).toMatchObject([{ step: 'carry', phase: 'undo', error: { type: 'UndoImpossible' } }]);
    await crossing.resolve('carry', 'give-up');
    expect(await crossing.ending()).toEqual({ type: 'SagaFailed', root: 'ferry.TooHeavy' });
    const end = await crossing.state();
    expect(end).toMatchObject({ status: 'failed', error: { type: 'ferry.TooHeavy' } });
    expect(steps(end)).toEqual([
      ['castOff', 'done', 'undone', undefined],
      ['carry', 'done', 'given-up', undefined],
      ['carry~2', 'failed', 'undone', 'ferry.TooHeavy'],
    ]);
  });

  test('what a person skips is not claimed to be undone', async () => {
    const crossing = await stuckUndo();
    await crossing.until((one) => parked(one) && one.steps[0]?.undo === 'undone');
    await crossing.resolve('carry', 'skip');
    expect(await crossing.ending()).toMatchObject({ type: 'SagaPartlyCompensated' });
    expect((await crossing.state()).status).toBe('partly-compensated');
  });
});

test('a failure that the body swallows undoes the process all the same', async () => {
  const crossing = await ferry.cross('swallowing', { scripts: { carry: declared('NoRoom') } });
  expect(await crossing.ending()).toEqual({ type: 'SagaCompensated', root: 'ferry.NoRoom' });
  expect(crossing.attempts).toEqual(['castOff', 'carry', 'carry.undo', 'castOff.undo']);
});

test.each([
  ['buggy', /a mistake of the author/],
  ['misnamed', /the resilient process of "crossedByAnotherName" is exported as "misnamed"/],
] as const)('a bug fails the workflow task, and undoes nothing: %s', async (process, message) => {
  const crossing = await ferry.cross(process);
  const failed = await until(
    async () =>
      (await crossing.handle.fetchHistory()).events!.find((event) => event.workflowTaskFailedEventAttributes)
        ?.workflowTaskFailedEventAttributes,
    (event) => event !== undefined && event !== null,
  );
  await crossing.handle.terminate();
  const encoded = Buffer.from(failed!.failure!.encodedAttributes!.data!).toString();
  expect((JSON.parse(encoded) as { readonly message: string }).message).toMatch(message);
  expect(crossing.attempts).not.toContain('castOff.undo');
});
