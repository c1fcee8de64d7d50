import { defineActivity, defineContract, defineWorkflow } from '@adx/contract-kit';
import { z } from 'zod';

const access = 'provisioning';
const bounds = { attempt: '10s', attempts: 2 } as const;
const Trip = z.strictObject({ cars: z.int() });
const Carried = z.strictObject({ carried: z.int() });

const crossing = () => defineWorkflow({ pattern: 'resilient', input: Trip, output: Carried, identity: 'request' });

/** Carries cars over a river; what its activities do is scripted by the tests, and there is a process for each policy. */
export const ferryContract = defineContract({
  service: 'ferry',
  taskQueue: 'ferry',
  activities: {
    castOff: defineActivity({
      kind: 'compensatable',
      access,
      input: Trip,
      output: z.null(),
      errors: { Fog: z.strictObject({}) },
      bounds,
    }),
    carry: defineActivity({
      kind: 'compensatable',
      access,
      input: z.strictObject({ car: z.int() }),
      output: z.null(),
      errors: { TooHeavy: z.strictObject({}), NoRoom: z.strictObject({}) },
      bounds,
    }),
  },
  workflows: {
    retrying: crossing(),
    retryingThenSettingAside: crossing(),
    retryingThenCompensating: crossing(),
    settingAside: crossing(),
    compensating: crossing(),
    escalating: crossing(),
    asUsual: crossing(),
    swallowing: crossing(),
    buggy: crossing(),
    crossedByAnotherName: crossing(),
  },
});
