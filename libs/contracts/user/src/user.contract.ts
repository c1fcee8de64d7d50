import { defineActivity, defineContract, defineEvent } from '@adx/contract-kit';
import { z } from 'zod';

export const UserId = z.uuid().brand<'UserId'>();

export const Role = z.enum(['owner', 'member']);

/** Creates the first user of a new tenant, who may act as soon as the tenant is active. */
const createOwner = defineActivity({
  kind: 'compensatable',
  access: 'provisioning',
  input: z.strictObject({ email: z.email().max(254) }),
  output: z.strictObject({ ownerId: UserId }),
  errors: { OwnerExists: z.strictObject({}) },
  bounds: { attempt: '10s', attempts: 10 },
});

/** Lets the members of the tenant act in this service, or not; undone to what was before. */
const setMemberAccess = defineActivity({
  kind: 'compensatable',
  access: 'lifecycle',
  input: z.strictObject({ status: z.enum(['active', 'suspended']) }),
  output: z.strictObject({ before: z.enum(['pending', 'active', 'suspended']).nullable() }),
  bounds: { attempt: '10s', attempts: 10 },
});

/** What a user may do, in every service; without roles nothing. Of the aggregate `user/<id>`. */
const memberAccessChanged = defineEvent({
  to: ['tenant', 'notification'],
  payload: z.strictObject({ userId: UserId, roles: z.array(Role) }),
});

export const userContract = defineContract({
  service: 'user',
  taskQueue: 'user',
  activities: { createOwner, setMemberAccess },
  events: { memberAccessChanged },
});
