import { defineActivity, defineSubjectErasure } from '@adx/contract-kit';
import { z } from 'zod';

const UserId = z.uuid();

const members = { roles: ['owner'], bounds: { attempt: '10s', attempts: 10 } } as const;

/** Keeps a seat for an invited user, of those that the tenant's plan has. */
export const reserveSeat = defineActivity({
  kind: 'compensatable',
  input: z.strictObject({ userId: UserId }),
  /** What an invitation calls the tenant. */
  output: z.strictObject({ tenantName: z.string() }),
  errors: { NoSeatLeft: z.strictObject({ seats: z.int() }) },
  ...members,
});

/** Removes what this service holds of a person, who is a member no more. */
export const eraseMember = defineSubjectErasure();

/** The user for whom a seat was kept has come. */
export const takeSeat = defineActivity({
  kind: 'retriable',
  input: z.strictObject({ userId: UserId }),
  output: z.strictObject({}),
  ...members,
});
