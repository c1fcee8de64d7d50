import { randomUUID } from 'node:crypto';
import type { RowFault } from '@adx/user-contract';
import type { z } from 'zod';
import type { UserTx } from './database.ts';

/** A row on its way into the database, by its number in the file. */
export interface StagedRow {
  readonly number: number;
  readonly line: number;
  readonly email: string;
  readonly role: string;
}

/** A row that is recorded as failed. `email` and `role` are those of a row that was good in itself. */
export interface FailedRow {
  readonly number: number;
  readonly line: number;
  readonly reason: z.output<typeof RowFault>;
  readonly text: string;
  readonly email?: string;
  readonly role?: string;
}

/** Rows removed in one transaction: well within the statement timeout. */
const REMOVED_AT_ONCE = 20_000;

/** Registers an upload, so that it can be swept should it never end. */
export async function beginUpload(tx: UserTx, tenantId: string): Promise<string> {
  const uploadId = randomUUID();
  await tx.$queryRaw`insert into user_import_upload (tenant_id, upload_id)
    values (${tenantId}::uuid, ${uploadId}::uuid)`;
  return uploadId;
}

/** Writes rows; of two with one address the first is kept. @returns how many were the second of two */
export async function stageRows(
  tx: UserTx,
  { tenantId, uploadId, rows }: { tenantId: string; uploadId: string; rows: readonly StagedRow[] },
): Promise<number> {
  const answer = (await tx.$queryRaw`
    with given as (
      select * from unnest(${rows.map(({ number }) => number)}::int[], ${rows.map(({ line }) => line)}::int[],
        ${rows.map(({ email }) => email)}::text[], ${rows.map(({ role }) => role)}::text[]) as g (number, line, email, role)
    ), staged as (
      insert into user_import_row (tenant_id, upload_id, row_number, line, email, role)
        select ${tenantId}::uuid, ${uploadId}::uuid, number, line, email, role from given order by number
        on conflict (tenant_id, upload_id, email) do nothing
        returning row_number
    ), doubled as (
      insert into user_import_failure (tenant_id, upload_id, row_number, line, reason, content)
        select ${tenantId}::uuid, ${uploadId}::uuid, number, line, 'DuplicateInFile',
               json_build_object('email', email, 'role', role)::text
          from given where number not in (select row_number from staged)
        returning 1
    )
    select count(*)::int as doubled from doubled`) as [{ doubled: number }];
  return answer[0].doubled;
}

/** Writes the record of rows that failed. */
export async function recordFailures(
  tx: UserTx,
  { tenantId, uploadId, rows }: { tenantId: string; uploadId: string; rows: readonly FailedRow[] },
): Promise<void> {
  await tx.$queryRaw`insert into user_import_failure
      (tenant_id, upload_id, row_number, line, reason, content, email, role)
    select ${tenantId}::uuid, ${uploadId}::uuid, * from unnest(
      ${rows.map(({ number }) => number)}::int[], ${rows.map(({ line }) => line)}::int[],
      ${rows.map(({ reason }) => reason)}::text[], ${rows.map(({ text }) => text)}::text[],
      ${rows.map(({ email }) => email ?? null)}::text[], ${rows.map(({ role }) => role ?? null)}::text[])`;
}

/**
 * Takes an upload away, some rows at a time.
 *
 * @param leftOver true keeps the record of failed rows: what is left of an import that has ended
 */
export async function removeUpload(
  transact: <T>(work: (tx: UserTx) => Promise<T>) => Promise<T>,
  { tenantId, uploadId, leftOver = false }: { tenantId: string; uploadId: string; leftOver?: boolean },
): Promise<void> {
  const removed = async (table: 'rows' | 'failures') =>
    transact(async (tx) => {
      const [{ count }] = (
        table === 'rows'
          ? await tx.$queryRaw`with gone as (delete from user_import_row where ctid = any (array(
              select ctid from user_import_row
                where tenant_id = ${tenantId}::uuid and upload_id = ${uploadId}::uuid limit ${REMOVED_AT_ONCE}))
            returning 1) select count(*)::int as count from gone`
          : await tx.$queryRaw`with gone as (delete from user_import_failure where ctid = any (array(
              select ctid from user_import_failure
                where tenant_id = ${tenantId}::uuid and upload_id = ${uploadId}::uuid limit ${REMOVED_AT_ONCE}))
            returning 1) select count(*)::int as count from gone`
      ) as [{ count: number }];
      return count;
    });
  while ((await removed('rows')) === REMOVED_AT_ONCE);
  while (!leftOver && (await removed('failures')) === REMOVED_AT_ONCE);
  await transact(
    (tx) => tx.$queryRaw`delete from user_import_upload
      where tenant_id = ${tenantId}::uuid and upload_id = ${uploadId}::uuid`,
  );
}

/** Uploads that nobody needs any more: those that never ended, and those whose import has. The oldest two. */
export async function findLeftUploads(
  tx: UserTx,
  tenantId: string,
): Promise<readonly { readonly uploadId: string; readonly leftOver: boolean }[]> {
  return (await tx.$queryRaw`
    select u.upload_id as "uploadId", i.import_id is not null as "leftOver"
      from user_import_upload u left join user_import i on i.tenant_id = u.tenant_id and i.upload_id = u.upload_id
      where u.tenant_id = ${tenantId}::uuid
        and (i.closed_at is not null or (i.import_id is null and u.began_at < now() - interval '2 hours'))
      order by u.began_at limit 2`) as readonly { uploadId: string; leftOver: boolean }[];
}
