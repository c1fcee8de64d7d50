import { waitUntil } from '@adx/local-parts';
import { SERVICES } from '@adx/services';
import type { TestDatabase } from './test-database.ts';

/**
 * Waits until every event of a tenant that was committed by now has been applied, or is dead.
 *
 * @throws Error when that takes more than 60 s
 */
export async function projected({ superuser }: Pick<TestDatabase, 'superuser'>, tenantId: string): Promise<void> {
  const sent = SERVICES.map(
    (name) => `select target, '${name}' as source, aggregate, seq from "${name}".outbox_sequence where tenant_id = $1`,
  ).join(' union all ');
  const applied = SERVICES.map(
    (
      name,
    ) => `select 'service/${name}' as target, source, aggregate, seq from "${name}".inbox_position where tenant_id = $1
       union all
       select 'service/${name}', source, aggregate, seq from "${name}".inbox where tenant_id = $1 and dead_at is not null`,
  ).join(' union all ');
  const done = await waitUntil(
    async () => {
      const { rowCount } = await superuser.query(
        `select from (${sent}) s where target like 'service/%' and not exists (
           select from (${applied}) a
             where a.target = s.target and a.source = s.source and a.aggregate = s.aggregate and a.seq >= s.seq)`,
        [tenantId],
      );
      return rowCount === 0 ? true : undefined;
    },
    { within: 60_000 },
  );
  if (!done) throw new Error(`events of tenant ${tenantId} were not applied within 60 s`);
}
