import { defineActivity, defineContract, defineRead, defineWorkflow } from '@adx/contract-kit';
import type { Duration, Exact, In, Json, Out, Wire } from '@adx/contract-kit';
import { z } from 'zod';

// What must not compile. An expectation that is not met is itself an error, so this file is a test by being checked.

const input = z.strictObject({ seats: z.int() });
const output = z.strictObject({ left: z.int() });
const bounds = { attempt: '5s', attempts: 3 } as const;
const roles = ['owner'] as const;

const taken = z.strictObject({ seat: z.string() });
const reserve = defineActivity({ kind: 'compensatable', roles, input, output, errors: { Taken: taken }, bounds });
export const contract = defineContract({ service: 'hall', taskQueue: 'hall', activities: { reserve } });

// Optional fields, defaults, records, unions and brands are plain JSON.
const Rich = z.strictObject({
  id: z.uuid().brand<'Id'>(),
  note: z.string().optional(),
  size: z.number().default(1),
  counts: z.record(z.string(), z.number()),
  tags: z.array(z.union([z.string(), z.null()])),
});
export const rich = defineActivity({ kind: 'retriable', access: 'lifecycle', input: Rich, output: Rich, bounds });

// @ts-expect-error a Date would arrive as a string
export const date: Wire = z.strictObject({ at: z.date() });
// @ts-expect-error a bigint cannot be sent at all
export const bigint: Wire = z.bigint();
// @ts-expect-error a Map would arrive as {}
export const map: Wire = z.map(z.string(), z.string());
// @ts-expect-error what is transformed into a Date is no JSON on the inner side
export const transformed: Wire = z.string().transform((text) => new Date(text));
const At = z.strictObject({ at: z.date() });
// @ts-expect-error the same within a definition
defineActivity({ kind: 'retriable', roles, input: At, output, bounds });
// @ts-expect-error and in a declared error
defineActivity({ kind: 'retriable', roles, input, output, errors: { Late: At }, bounds });
// @ts-expect-error and in a read
defineRead({ input, output: At });
// @ts-expect-error and in a workflow
defineWorkflow({ pattern: 'saga', input: At, output, identity: 'request' });

// @ts-expect-error bounds are required
defineActivity({ kind: 'retriable', roles, input, output });
// @ts-expect-error both of them
defineActivity({ kind: 'retriable', roles, input, output, bounds: { attempt: '5s' } });
// @ts-expect-error a duration has a unit
defineActivity({ kind: 'retriable', roles, input, output, bounds: { attempt: '5', attempts: 1 } });
// @ts-expect-error a unit that exists
export const fortnight: Duration = '1w';

// @ts-expect-error a pivot says why it is one
defineActivity({ kind: 'pivot', roles, input, output, bounds });
export const pivot = defineActivity({ kind: 'pivot', because: 'the doors are open', roles, input, output, bounds });
// @ts-expect-error nothing else has a reason to
defineActivity({ kind: 'retriable', because: 'why not', roles, input, output, bounds });

// @ts-expect-error member access names roles
defineActivity({ kind: 'retriable', input, output, bounds });
// @ts-expect-error at least one
defineActivity({ kind: 'retriable', roles: [], input, output, bounds });
// @ts-expect-error operators and services have no roles in a tenant
defineActivity({ kind: 'retriable', access: 'provisioning', roles, input, output, bounds });
// @ts-expect-error an access that exists
defineActivity({ kind: 'retriable', access: 'anybody', input, output, bounds });
// @ts-expect-error a kind that exists
defineActivity({ kind: 'undoable', roles, input, output, bounds });

// @ts-expect-error a process says where its key comes from
defineWorkflow({ pattern: 'saga', input, output });
// @ts-expect-error a business key is made of the input
defineWorkflow({ pattern: 'saga', input, output, identity: ({ chairs }) => chairs });

// A definition keeps its types in the contract.
const bound = contract.activities.reserve;
export const kind: 'compensatable' = bound.kind;
export const effect: 'database' = bound.effect;
export const given: In<typeof bound> = { seats: 1 };
export const taking: Out<typeof bound> = { left: 1 };
// @ts-expect-error what the contract does not have
export const missing: unknown = contract.activities.release;
// @ts-expect-error a value that the schema does not have
export const wrong: In<typeof bound> = { seats: 'one' };

// Also when it is written within the contract, and says neither an effect nor errors.
const { open, close } = defineContract({
  service: 'hall',
  taskQueue: 'hall',
  activities: {
    open: defineActivity({ kind: 'retriable', roles, input, output, bounds }),
    close: defineActivity({ kind: 'retriable', effect: 'external', roles, input, output, bounds }),
  },
}).activities;
export const inline: 'database' = open.effect;
export const external: 'external' = close.effect;
// @ts-expect-error an error that it does not declare
export const undeclared: keyof typeof open.errors = 'Closed';

const exactly = <const X extends { seats: number }>(value: Exact<{ seats: number }, X>): Json => value;
const wider = { seats: 1, colour: 'red' };
exactly({ seats: 1 });
// @ts-expect-error a key too many, also in a variable
exactly(wider);
