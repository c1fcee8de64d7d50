import { defineActivity, defineContract } from '@adx/contract-kit';
import { z } from 'zod';
import { getUserImport, importActivities, importUsers, listFailedRows, stageUserImport } from './user-import.ts';
import { Email, UserId } from './user.ts';

/** Creates the first user of a new tenant and the access rows of both. */
const createOwner = defineActivity({
  kind: 'compensatable',
  access: 'provisioning',
  input: z.strictObject({ email: Email }),
  output: z.strictObject({ ownerId: UserId }),
  errors: { OwnerExists: z.strictObject({}) },
  bounds: { attempt: '10s', attempts: 10 },
});

export const userContract = defineContract({
  service: 'user',
  taskQueue: 'user',
  activities: { createOwner, ...importActivities },
  workflows: { importUsers },
  reads: { getUserImport, listFailedRows },
  uploads: { stageUserImport },
});
