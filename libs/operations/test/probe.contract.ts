import { defineActivity, defineContract, defineWorkflow } from '@adx/contract-kit';
import { z } from 'zod';

const noop = defineActivity({
  kind: 'readonly',
  roles: ['anyone'],
  input: z.strictObject({}),
  output: z.strictObject({}),
  bounds: { attempt: '1s', attempts: 1 },
});

const input = z.strictObject({
  mode: z.enum(['completes', 'fails', 'fails without a state', 'waits', 'cancels without a word']),
  note: z.string().default('none'),
});

/** A process that ends as it is told. */
const probe = defineWorkflow({
  pattern: 'standard',
  input,
  output: z.string(),
  identity: 'request',
  signals: { nudged: z.strictObject({ by: z.string(), times: z.int().default(1) }) },
});

/** One for each note, whoever asks. */
const probeEntity = defineWorkflow({ pattern: 'standard', input, output: z.string(), identity: ({ note }) => note });

export const probeContract = defineContract({
  service: 'probe',
  taskQueue: 'probe',
  activities: { noop },
  workflows: { probe, probeEntity },
});
