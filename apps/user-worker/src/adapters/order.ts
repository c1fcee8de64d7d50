import type { LeftoverQuery, Sweep } from '@adx/persistence';

/** An upload that never became an import, or one whose import has ended. */
const upload = 'user_import_upload u left join user_import i using (tenant_id, upload_id)';
const ended = 'i.closed_at < now() - make_interval(days => $1)';
const isOld = `(${ended} or (i.import_id is null and u.began_at < now() - make_interval(days => $1)))`;

const stagingSweep = (name: string, table: string, old: string): Sweep => ({
  name,
  age: 'stagingDays',
  text: `delete from ${table} where ctid = any (array(${old} limit $2))`,
});

/** What of this service's own tables has to be looked after. */
export const userOrder: { readonly leftovers: readonly LeftoverQuery[]; readonly sweeps: readonly Sweep[] } = {
  leftovers: [
    {
      // After seven days its process takes it back, on the eighth at the latest.
      kind: 'invitation-open',
      text: `select operation_id as subject, operation_id as "operationId",
          'the invitation has expired, and its token still opens it' as says
        from invitation where accepted_at is null
          and created_at < clock_timestamp() - interval '8 days' - make_interval(mins => $1)`,
    },
  ],
  sweeps: [
    stagingSweep(
      'staged rows',
      'user_import_row',
      `select r.ctid from user_import_row r join user_import_upload u using (tenant_id, upload_id)
         left join user_import i using (tenant_id, upload_id) where ${isOld}`,
    ),
    stagingSweep(
      'failed rows',
      'user_import_failure',
      `select f.ctid from user_import_failure f left join user_import_upload u using (tenant_id, upload_id)
         left join user_import i using (tenant_id, upload_id) where ${isOld}`,
    ),
    stagingSweep(
      'batches',
      'user_import_batch',
      `select b.ctid from user_import_batch b join user_import i using (tenant_id, import_id) where ${ended}`,
    ),
    // Last, and only when it is empty: the rows are found by it.
    stagingSweep(
      'uploads',
      'user_import_upload',
      `select u.ctid from ${upload} where ${isOld}
         and not exists (select from user_import_row r where r.tenant_id = u.tenant_id and r.upload_id = u.upload_id)
         and not exists (select from user_import_failure f
                           where f.tenant_id = u.tenant_id and f.upload_id = u.upload_id and i.import_id is null)`,
    ),
  ],
};
