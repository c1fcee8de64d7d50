import { defineActivity, defineContract, defineRead, defineWorkflow } from '@adx/contract-kit';
import { z } from 'zod';

const Item = z.strictObject({ item: z.string().min(2), copies: z.int().default(1) });
const Sale = z.strictObject({ sale: z.string() });
const bounds = { attempt: '5s', attempts: 3 } as const;
const roles = ['owner', 'clerk'] as const;

/** One activity of each kind and effect. */
export const shopContract = defineContract({
  service: 'shop',
  taskQueue: 'shop',
  activities: {
    reserve: defineActivity({
      kind: 'compensatable',
      roles,
      input: Item,
      output: Sale,
      errors: { SoldOut: z.strictObject({ item: z.string() }) },
      bounds,
    }),
    order: defineActivity({ kind: 'compensatable', effect: 'external', roles, input: Item, output: Sale, bounds }),
    ship: defineActivity({
      kind: 'pivot',
      because: 'it is on the lorry',
      access: 'lifecycle',
      input: Item,
      output: Sale,
      bounds,
    }),
    thank: defineActivity({
      kind: 'retriable',
      effect: 'external',
      access: 'provisioning',
      input: Item,
      output: Sale,
      bounds,
    }),
    look: defineActivity({ kind: 'readonly', roles, input: Item, output: Sale, bounds }),
  },
  workflows: {
    buy: defineWorkflow({
      pattern: 'saga',
      input: Item,
      output: Sale,
      identity: 'request',
      signals: { paid: z.strictObject({ amount: z.int(), currency: z.string().default('EUR') }) },
    }),
  },
  reads: {
    getSale: defineRead({
      input: z.strictObject({ sale: z.string() }),
      output: z.strictObject({ item: z.string() }),
      errors: { Returned: z.strictObject({ sale: z.string() }) },
    }),
  },
});
