import {
  EntityAlarm,
  EntityApplied,
  EntityBatch,
  EntityEnding,
  EntityStanding,
  defineActivity,
  defineContract,
  defineWorkflow,
} from '@adx/contract-kit';
import { z } from 'zod';

const bounds = { attempt: '10s', attempts: 3 } as const;
const access = 'provisioning';
const Input = z.strictObject({ dueAfterMs: z.int().positive().nullable() });

const join = defineActivity({
  kind: 'retriable',
  access,
  input: z.strictObject({ at: z.iso.datetime(), input: Input }),
  output: EntityStanding,
  errors: { ClubClosed: z.strictObject({}) },
  bounds,
});
const applying = () => defineActivity({ kind: 'retriable', access, input: EntityBatch, output: EntityApplied, bounds });
const remind = defineActivity({ kind: 'retriable', access, input: EntityAlarm, output: EntityStanding, bounds });

const membershipOf = () =>
  defineWorkflow({ pattern: 'event-driven', input: Input, output: EntityEnding, identity: () => 'membership' });

/** A membership: an entity whose table is scripted, everything around it is real. */
export const clubContract = defineContract({
  service: 'club',
  taskQueue: 'club',
  activities: { join, visit: applying(), manage: applying(), remind },
  workflows: { membership: membershipOf(), passing: membershipOf(), exportedByAnotherName: membershipOf() },
});
