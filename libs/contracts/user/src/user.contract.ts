import { defineActivity, defineContract, defineRead } from '@adx/contract-kit';
import { z } from 'zod';

export const UserId = z.uuid().brand<'UserId'>();

export const Role = z.enum(['owner', 'member']);

/** Creates the first user of a new tenant and the access rows of both. */
const createOwner = defineActivity({
  kind: 'compensatable',
  access: 'provisioning',
  input: z.strictObject({ email: z.email().max(254) }),
  output: z.strictObject({ ownerId: UserId }),
  errors: { OwnerExists: z.strictObject({}) },
  bounds: { attempt: '10s', attempts: 5 },
});

/** The users of the caller's tenant, oldest first, at most 200. */
const listUsers = defineRead({
  input: z.strictObject({}),
  output: z.strictObject({
    users: z.array(z.strictObject({ userId: UserId, email: z.string(), role: Role, createdAt: z.iso.datetime() })),
  }),
});

export const userContract = defineContract({
  service: 'user',
  taskQueue: 'user',
  activities: { createOwner },
  reads: { listUsers },
});
