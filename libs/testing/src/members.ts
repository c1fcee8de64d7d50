import type { TestDatabase } from './test-database.ts';

/**
 * Members of a tenant, as an import and its events would have left them.
 *
 * @returns their ids, in order
 */
export async function addMembers(
  { superuser }: Pick<TestDatabase, 'superuser'>,
  tenantId: string,
  count: number,
): Promise<string[]> {
  const { rows } = await superuser.query<{ userId: string }>(
    `with made as (
       insert into "user".app_user (tenant_id, user_id, email, role)
         select $1, uuidv7(), 'member-' || n || '@members.example', 'member' from generate_series(1, $2) n
         returning tenant_id, user_id
     ), known as (
       insert into notification.access_member (tenant_id, subject, roles)
         select tenant_id, user_id::text, '{member}' from made
     )
     select user_id as "userId" from made order by 1`,
    [tenantId, count],
  );
  return rows.map(({ userId }) => userId);
}
