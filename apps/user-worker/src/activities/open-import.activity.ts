import { holdImport } from '../adapters/import-batches.ts';
import { userActivities } from './user-activities.ts';

export const openImport = userActivities.activity('openImport', {
  run: async ({ input, tenantId, tx }) => {
    const { importId, lanes } = input;
    const { total, failed } = await holdImport(tx, tenantId, importId);
    // Rows that were wrong in themselves are behind us; a file of nothing else needs no batch.
    return { total, processed: failed, failed, lanes: failed === total ? [] : rangesOf(total, lanes) };
  },
});

/** Cuts rows into ranges of about the same length, one for each lane. */
function rangesOf(total: number, lanes: number): { after: number; upTo: number }[] {
  const length = Math.ceil(total / lanes);
  return Array.from({ length: Math.ceil(total / length) }, (_, lane) => ({
    after: lane * length,
    upTo: Math.min(total, (lane + 1) * length),
  }));
}
