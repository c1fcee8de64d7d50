import { BATCH_BOUNDS, defineActivity, defineContract, defineWorkflow } from '@adx/contract-kit';
import { z } from 'zod';

const access = 'provisioning';
const bounds = { attempt: '10s', attempts: 3 } as const;
const Job = z.strictObject({ job: z.string() });
const Cursor = z.int().nonnegative().nullable();
const Batch = z.strictObject({ processed: z.int(), failed: z.int(), cursor: Cursor });
const Place = z.strictObject({ job: z.string(), after: Cursor, size: z.int() });
const Totals = z.strictObject({ processed: z.int(), failed: z.int() });

/** Knows which parcels there are; another service with a queue of its own. */
export const yardContract = defineContract({
  service: 'yard',
  taskQueue: 'yard',
  activities: {
    listParcels: defineActivity({
      kind: 'readonly',
      access,
      input: z.strictObject({ after: Cursor, limit: z.int() }),
      output: z.strictObject({ found: z.int() }),
      bounds,
    }),
  },
});

/** Moves parcels in batches; what its activities do is scripted by the tests. */
export const depotContract = defineContract({
  service: 'depot',
  taskQueue: 'depot',
  activities: {
    openMove: defineActivity({
      kind: 'retriable',
      access,
      input: Job,
      output: z.strictObject({ total: z.int(), processed: z.int(), failed: z.int(), lanes: z.array(Cursor) }),
      bounds,
    }),
    moveBatch: defineActivity({ kind: 'retriable', access, input: Place, output: Batch, bounds: BATCH_BOUNDS }),
    setBatchAside: defineActivity({
      kind: 'retriable',
      access,
      input: Place.extend({ why: z.string() }),
      output: Batch,
      bounds,
    }),
    closeMove: defineActivity({
      kind: 'retriable',
      access,
      input: Job.extend({ ending: z.string() }),
      output: Totals,
      bounds,
    }),
    tellHowFar: defineActivity({
      kind: 'retriable',
      access,
      input: z.strictObject({ percentage: z.int() }),
      output: z.null(),
      bounds,
    }),
  },
  workflows: {
    moveParcels: defineWorkflow({ pattern: 'long-running', input: Job, output: Totals, identity: 'request' }),
    moveListed: defineWorkflow({ pattern: 'long-running', input: Job, output: Totals, identity: 'request' }),
    movedByAnotherName: defineWorkflow({ pattern: 'long-running', input: Job, output: Totals, identity: 'request' }),
  },
});
