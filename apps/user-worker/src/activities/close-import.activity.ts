import { failure } from '@adx/contract-kit';
import { tellEnding } from './tell-progress.ts';
import { userActivities } from './user-activities.ts';

interface ClosedImport {
  readonly total: number;
  readonly imported: number;
  readonly failed: number;
}

export const closeImport = userActivities.activity('closeImport', {
  run: async ({ input, tenantId, tx, outbox, principal }) => {
    // Waits for batches under way; those that come later find it closed.
    const rows = (await tx.$queryRaw`
      select 1 from user_import
        where tenant_id = ${tenantId}::uuid and import_id = ${input.importId}::uuid for update`) as readonly unknown[];
    if (rows.length === 0) throw failure('NotFound', 'no such import');
    const [closed] = (await tx.$queryRaw`
      update user_import set closed_at = now()
        where tenant_id = ${tenantId}::uuid and import_id = ${input.importId}::uuid
        returning total, imported, failed`) as [ClosedImport];
    const { total, imported, failed } = closed;
    tellEnding(outbox, { importId: input.importId, startedBy: principal.sub }, input.ending, closed);
    return { total, processed: imported + failed, imported, failed };
  },
});
