import { z } from 'zod';
import { defineActivity } from './activity.ts';
import type { Bound, Contract } from './contract.ts';
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

/**
 * Takes away what a service holds of a person, who is a member no more. `operations` are those of other services that were
 * about them, by which it finds what it recorded.
 */
export function defineSubjectErasure() {
  return defineActivity({
    kind: 'retriable',
    access: 'lifecycle',
    input: z.strictObject({ userId: z.uuid(), operations: z.array(z.string().max(300)).max(1_000) }),
    output: z.strictObject({}),
    bounds: { attempt: '10s', attempts: 10 },
  });
}

type TenantExport = ReturnType<typeof defineTenantExport> & Bound;
type TenantRemoval = ReturnType<typeof defineTenantRemoval> & Bound;
type SubjectErasure = ReturnType<typeof defineSubjectErasure> & Bound;

/**
 * What a service answers for the rows that it keeps of tenants, found by its name: `export<Service>Rows`,
 * `remove<Service>Rows` and `erase<Service>Subject`. Who takes a tenant or a person out of the platform asks every
 * service, and this is how one that comes later is among them.
 *
 * @throws Error when it is asked for one that the contract does not have
 */
export function tenantRowsOf({ service, activities, reads }: Contract) {
  const Service = service.charAt(0).toUpperCase() + service.slice(1);
  const find = <D>(group: string, entries: object, name: string, made: string): D => {
    const entry = (entries as Record<string, unknown>)[name];
    if (entry === undefined) {
      throw new Error(`the contract of "${service}" has no ${name}; add it to its ${group}: ${name}: ${made}()`);
    }
    return entry as D;
  };
  return {
    get export() {
      return find<TenantExport>('reads', reads, `export${Service}Rows`, 'defineTenantExport');
    },
    get removal() {
      return find<TenantRemoval>('activities', activities, `remove${Service}Rows`, 'defineTenantRemoval');
    },
    get erasure() {
      return find<SubjectErasure>('activities', activities, `erase${Service}Subject`, 'defineSubjectErasure');
    },
  };
}
