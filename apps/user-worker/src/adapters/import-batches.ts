import { failure } from '@adx/contract-kit';
import type { UserTx } from './database.ts';

/** An import that is locked against being closed. */
export interface OpenImport {
  readonly uploadId: string;
  readonly total: number;
  readonly imported: number;
  readonly failed: number;
  readonly closed: boolean;
}

/** A batch: an import, and the rows after `after`, up to and with `upTo`. */
export interface BatchRows {
  readonly tenantId: string;
  readonly importId: string;
  readonly uploadId: string;
  readonly after: number;
  readonly upTo: number;
}

/** What a batch did. */
export interface BatchCounts {
  readonly processed: number;
  readonly failed: number;
}

/** Users that a batch has made, by role. */
export type NewMembers = Readonly<Record<string, readonly string[]>>;

/**
 * Looks an import up and keeps it from being closed until the transaction ends; several batches may do so at once.
 *
 * @throws NotFound
 */
export async function holdImport(tx: UserTx, tenantId: string, importId: string): Promise<OpenImport> {
  const rows = (await tx.$queryRaw`
    select upload_id as "uploadId", total, imported, failed, closed_at is not null as closed from user_import
      where tenant_id = ${tenantId}::uuid and import_id = ${importId}::uuid for key share`) as readonly OpenImport[];
  if (!rows[0]) throw failure('NotFound', 'no such import');
  return rows[0];
}

/**
 * Makes users and their access of the rows of a batch. An address that the tenant has already is a failed row.
 *
 * `not in`, and not `not exists`: it is a hash whatever the planner believes, and of the rows of a `with` it knows
 * nothing. A nested loop over 5,000 times 5,000 rows takes seconds. Ids in the order of time go to the end of their
 * indexes; random ones would touch a page each.
 */
export async function importRows(
  tx: UserTx,
  batch: BatchRows,
): Promise<{ readonly counts: BatchCounts; readonly members: NewMembers }> {
  const { tenantId, uploadId, after, upTo } = batch;
  const [counts] = (await tx.$queryRaw`
    with taken as (
      delete from user_import_row
        where tenant_id = ${tenantId}::uuid and upload_id = ${uploadId}::uuid
          and row_number > ${after} and row_number <= ${upTo}
        returning row_number, line, email, role
    ), created as (
      insert into app_user (tenant_id, user_id, email, role)
        select ${tenantId}::uuid, uuidv7(), email, role from taken order by email
        on conflict (tenant_id, email) do nothing
        returning user_id, email, role
    ), refused as (
      insert into user_import_failure (tenant_id, upload_id, row_number, line, reason, content, email, role)
        select ${tenantId}::uuid, ${uploadId}::uuid, row_number, line, 'EmailTaken',
               json_build_object('email', email, 'role', role)::text, email, role
          from taken where email not in (select email from created)
        returning 1
    )
    select (select count(*)::int from taken) as processed, (select count(*)::int from refused) as failed,
           (select grant_members_access(array_agg(user_id::text), array_agg(role)) from created) as granted,
           (select json_object_agg(role, ids)
              from (select role, json_agg(user_id) as ids from created group by role) r) as members`) as [
    BatchCounts & { readonly members: NewMembers | null },
  ];
  return { counts: { processed: counts.processed, failed: counts.failed }, members: counts.members ?? {} };
}

/** Records all rows of a batch as failed. */
export async function refuseRows(tx: UserTx, batch: BatchRows): Promise<BatchCounts> {
  const { tenantId, uploadId, after, upTo } = batch;
  const [{ count }] = (await tx.$queryRaw`
    with taken as (
      delete from user_import_row
        where tenant_id = ${tenantId}::uuid and upload_id = ${uploadId}::uuid
          and row_number > ${after} and row_number <= ${upTo}
        returning row_number, line, email, role
    ), refused as (
      insert into user_import_failure (tenant_id, upload_id, row_number, line, reason, content, email, role)
        select ${tenantId}::uuid, ${uploadId}::uuid, row_number, line, 'BatchFailed',
               json_build_object('email', email, 'role', role)::text, email, role from taken
        returning 1
    )
    select count(*)::int as count from refused`) as [{ count: number }];
  return { processed: count, failed: count };
}

/**
 * Does the work of a batch unless it was done, or set aside, before; then says how that was. Of two at once the second
 * waits for the first.
 */
export async function once(
  tx: UserTx,
  { tenantId, importId, after }: BatchRows,
  because: string | null,
  work: () => Promise<BatchCounts>,
): Promise<BatchCounts> {
  const claimed = (await tx.$queryRaw`
    insert into user_import_batch (tenant_id, import_id, after_row, processed, failed, set_aside_because)
      values (${tenantId}::uuid, ${importId}::uuid, ${after}, 0, 0, ${because})
      on conflict (tenant_id, import_id, after_row) do nothing returning 1`) as readonly unknown[];
  if (claimed.length === 0) {
    const [before] = (await tx.$queryRaw`
      select processed, failed from user_import_batch
        where tenant_id = ${tenantId}::uuid and import_id = ${importId}::uuid and after_row = ${after}`) as [
      BatchCounts,
    ];
    return before;
  }
  const counts = await work();
  // The import last: batches of other lanes wait for its row, and for nothing else of ours.
  await tx.$queryRaw`
    update user_import_batch set processed = ${counts.processed}, failed = ${counts.failed}
      where tenant_id = ${tenantId}::uuid and import_id = ${importId}::uuid and after_row = ${after}`;
  await tx.$queryRaw`
    update user_import set imported = imported + ${counts.processed - counts.failed}, failed = failed + ${counts.failed}
      where tenant_id = ${tenantId}::uuid and import_id = ${importId}::uuid`;
  return counts;
}
