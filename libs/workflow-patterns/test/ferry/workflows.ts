import { resilient } from '@adx/workflow-patterns';
import type { Fault, Policy, Recovery, ResilientRun } from '@adx/workflow-patterns';
import { ferryContract } from './ferry.contract.ts';

const { castOff, carry } = ferryContract.activities;
const { workflows } = ferryContract;
type Process = (typeof workflows)[keyof typeof workflows];
type Run = ResilientRun<typeof castOff | typeof carry>;
type Errors = 'Fog' | 'TooHeavy' | 'NoRoom';

/** Every fault that a policy may name. */
const FAULTS: readonly Fault[] = [
  'DatabaseError',
  'ExternalApiError',
  'StepBusy',
  'StepTimedOut',
  'TenantAccessUnknown',
  'UnexpectedError',
  'InvalidInput',
  'NotFound',
  'BusinessLogicError',
  'TenantAccessDenied',
  'TenantValidationFailed',
  'StepConflict',
  'DatabaseRefused',
  'ExternalApiRefused',
  'SsrfBlocked',
];

const always = (recovery: Recovery): Policy<Errors> => ({
  ...(Object.fromEntries(FAULTS.map((fault) => [fault, recovery])) as Record<Fault, Recovery>),
  Fog: recovery,
  TooHeavy: recovery,
  NoRoom: recovery,
});

async function cross(run: Run, { cars }: { readonly cars: number }) {
  await run.step(castOff, { cars });
  let carried = 0;
  for (let car = 1; car <= cars; car += 1) if ((await run.optional(carry, { car })).ok) carried += 1;
  return { carried };
}

const crossing = (definition: Process, policy: Policy<Errors>, body = cross) =>
  resilient(definition, { steps: { castOff, carry }, policy, deadline: '1h' }, body);

export const retrying = crossing(workflows.retrying, always('retry'));
export const retryingThenSettingAside = crossing(
  workflows.retryingThenSettingAside,
  always({ retry: 2, then: 'set-aside' }),
);
export const retryingThenCompensating = crossing(
  workflows.retryingThenCompensating,
  always({ retry: 2, then: 'compensate' }),
);
export const settingAside = crossing(workflows.settingAside, always('set-aside'));
export const compensating = crossing(workflows.compensating, always('compensate'));
export const escalating = crossing(workflows.escalating, always('escalate'));

/** Faults as the pattern decides on them. */
export const asUsual = crossing(workflows.asUsual, { Fog: 'compensate', TooHeavy: 'set-aside', NoRoom: 'escalate' });

export const swallowing = crossing(workflows.swallowing, always('compensate'), async (run, { cars }) => {
  await run.step(castOff, { cars });
  await run.step(carry, { car: 1 }).catch(() => undefined);
  await run.step(carry, { car: 2 });
  return { carried: 2 };
});

export const buggy = crossing(workflows.buggy, always('retry'), async (run, input) => {
  await run.step(castOff, input);
  throw new TypeError('a mistake of the author');
});

export const misnamed = crossing(workflows.crossedByAnotherName, always('retry'));
