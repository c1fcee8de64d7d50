import { SERVICES } from '@adx/services';
import type { Pool } from 'pg';

/** The rows of each table, as texts. */
export type Rows = Readonly<Record<string, readonly string[]>>;

/** They count attempts, and what other systems did: not effects. */
const COUNTERS = ['rate_limit', 'external_breaker'];

/** Every row of all services, looked at past row security: whatever an effect is, it is in here. */
export async function everyRow(superuser: Pool): Promise<Rows> {
  const tables = await superuser.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
       where schemaname = any ($2) and tablename <> all ($1) order by 1`,
    [COUNTERS, SERVICES],
  );
  const each = tables.rows.map(({ name }) => `select '${name}' as name, t::text as row from ${name} t`);
  const { rows } = await superuser.query<{ name: string; row: string }>(`${each.join(' union all ')} order by 1, 2`);
  return Object.fromEntries(
    tables.rows.map(({ name: table }) => [table, rows.flatMap(({ name, row }) => (name === table ? [row] : []))]),
  );
}

/** How many rows a table has more. */
export function more(before: Rows, after: Rows, table: string): number {
  return after[table]!.length - before[table]!.length;
}
