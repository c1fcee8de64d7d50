import { defineActivity, defineContract } from '@adx/contract-kit';
import { z } from 'zod';

export const tinyContract = defineContract({
  service: 'tiny',
  taskQueue: 'tiny',
  activities: {
    greet: defineActivity({
      kind: 'readonly',
      access: 'lifecycle',
      input: z.strictObject({ name: z.string() }),
      output: z.strictObject({}),
      bounds: { attempt: '1s', attempts: 1 },
    }),
  },
});
