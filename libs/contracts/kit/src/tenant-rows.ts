import { z } from 'zod';
import { defineActivity } from './activity.ts';
import { defineRead } from './read.ts';

const Row = z.strictObject({ table: z.string().max(63), row: z.json() });
/** A row of a service's own table, as JSON. */
export type TenantRow = z.output<typeof Row>;

/** A page of everything that a service keeps of a tenant, table by table. At the end it has fewer rows than the limit. */
export function defineTenantExport() {
  return defineRead({
    input: z.strictObject({ after: Row.optional(), limit: z.int().min(1).max(500) }),
    output: z.strictObject({ rows: z.array(Row) }),
  });
}

/**
 * Takes away what a service keeps of a tenant, for ever: in many transactions, which is why it is framed as a call is.
 * A second attempt goes on where the first one was.
 */
export function defineTenantRemoval() {
  return defineActivity({
    kind: 'retriable',
    effect: 'external',
    access: 'lifecycle',
    input: z.strictObject({}),
    output: z.strictObject({ rows: z.int().nonnegative() }),
    bounds: { attempt: '5m', attempts: 20 },
  });
}
