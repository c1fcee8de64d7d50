import type { DirectoryUser } from '../domain/directory-answer.ts';
import type { UserTx } from './database.ts';

/** A page of a sync. */
export interface SyncedPage {
  readonly tenantId: string;
  readonly directoryId: string;
  readonly operationId: string;
  readonly page: number;
}

/** A user whose access is another one now, and what it is; none after a removal. */
export interface AccessChange {
  readonly userId: string;
  readonly role: string | null;
}

/** What became of the users of a page. */
export interface PageCounts {
  readonly created: number;
  readonly changed: number;
  readonly unchanged: number;
}

export interface Applied {
  readonly counts: PageCounts;
  readonly access: readonly AccessChange[];
}

/**
 * Makes the users of a tenant what a page says, with their access, and notes what was before. Of an address that is
 * there twice the first counts. Who is only invited gets the role with the access, when the invitation is accepted.
 */
export async function applyPage(tx: UserTx, at: SyncedPage, users: readonly DirectoryUser[]): Promise<Applied> {
  const { tenantId, directoryId, operationId, page } = at;
  const first = [...new Map([...users].reverse().map((user) => [user.email, user])).values()];
  const emails = first.map(({ email }) => email);
  const [done] = (await tx.$queryRaw`
    with given as (
      select email, role from unnest(${emails}::text[], ${first.map(({ role }) => role)}::text[]) as g (email, role)
    ), present as (
      -- In one order, so that two that take the same users wait and do not deadlock.
      select user_id, email, role, status from app_user
        where tenant_id = ${tenantId}::uuid and email = any(${emails}::text[]) order by user_id for update
    ), created as (
      insert into app_user (tenant_id, user_id, email, role)
        select ${tenantId}::uuid, uuidv7(), email, role from given
          where email not in (select email from present) order by email
        on conflict (tenant_id, email) do nothing
        returning user_id, null::text as before, role, status
    ), changed as (
      update app_user u set role = g.role from given g join present p on p.email = g.email
        where u.tenant_id = ${tenantId}::uuid and u.user_id = p.user_id and p.role <> g.role
        returning u.user_id, p.role as before, u.role, u.status
    ), done as (
      select * from created union all select * from changed
    ), noted as (
      insert into directory_sync_change
          (tenant_id, operation_id, page, user_id, directory_id, role_before, role_after)
        select ${tenantId}::uuid, ${operationId}, ${page}, user_id, ${directoryId}::uuid, before, role from done
    )
    select (select count(*)::int from created) as created, (select count(*)::int from changed) as changed,
           (select grant_members_access(array_agg(user_id::text), array_agg(role)) from done
             where status = 'active') as granted,
           (select coalesce(jsonb_agg(jsonb_build_object('userId', user_id, 'role', role)), '[]')
              from done where status = 'active') as access`) as [
    { readonly created: number; readonly changed: number; readonly access: readonly AccessChange[] },
  ];
  const { created, changed, access } = done;
  return { counts: { created, changed, unchanged: first.length - created - changed }, access };
}

/** Takes back what a page did, of every user who is still as the page left them: what others did since stays. */
export async function takePageBack(
  tx: UserTx,
  { tenantId, operationId, page }: Omit<SyncedPage, 'directoryId'>,
): Promise<readonly AccessChange[]> {
  const [back] = (await tx.$queryRaw`
    with done as (
      delete from directory_sync_change
        where tenant_id = ${tenantId}::uuid and operation_id = ${operationId} and page = ${page}
        returning user_id, role_before, role_after
    ), removed as (
      delete from app_user u using done d
        where u.tenant_id = ${tenantId}::uuid and u.user_id = d.user_id and d.role_before is null
          and u.role = d.role_after
        returning u.user_id
    ), restored as (
      update app_user u set role = d.role_before from done d
        where u.tenant_id = ${tenantId}::uuid and u.user_id = d.user_id and d.role_before is not null
          and u.role = d.role_after
        returning u.user_id, u.role, u.status
    )
    select (select count(revoke_member_access(user_id::text)::text) from removed)::int as revoked,
           (select grant_members_access(array_agg(user_id::text), array_agg(role)) from restored
             where status = 'active') as granted,
           (select coalesce(jsonb_agg(jsonb_build_object('userId', user_id, 'role', role)), '[]') from (
              select user_id, null as role from removed
              union all select user_id, role from restored where status = 'active') gone) as access`) as [
    { readonly access: readonly AccessChange[] },
  ];
  return back.access;
}
