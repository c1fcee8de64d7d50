import { defineActivity, defineContract, defineWorkflow } from '@adx/contract-kit';
import { TenantStatus } from '@adx/tenant-contract';
import { z } from 'zod';

const Note = z.strictObject({ note: z.string() });
const Nothing = z.strictObject({});

/** An effect that only members of an active tenant may cause. */
const addNote = defineActivity({
  kind: 'compensatable',
  roles: ['owner'],
  input: Note,
  output: Nothing,
  bounds: { attempt: '10s', attempts: 10 },
});

/** Works in the schema of the user service, on a queue of its own. */
export const probeContract = defineContract({
  service: 'user',
  taskQueue: 'probe',
  activities: { addNote },
  workflows: {
    addTwoNotes: defineWorkflow({ pattern: 'saga', input: Nothing, output: Nothing, identity: 'request' }),
    changeStatus: defineWorkflow({
      pattern: 'saga',
      input: z.strictObject({ status: TenantStatus.exclude(['pending']) }),
      output: Nothing,
      identity: 'request',
    }),
  },
});
