import { holdImport, importRows, once, refuseRows } from '../adapters/import-batches.ts';
import { userActivities } from './user-activities.ts';

interface Range {
  readonly after: number;
  readonly upTo: number;
}

/** The rows of a batch, and those that are left of its range: numbers alone, so that both are known if it fails. */
function cut({ after, upTo }: Range, size: number): { readonly end: number; readonly cursor: Range | null } {
  const end = Math.min(after + size, upTo);
  return { end, cursor: end < upTo ? { after: end, upTo } : null };
}

export const importBatch = userActivities.activity('importBatch', {
  run: async ({ input, tenantId, tx, fail }) => {
    const { importId, range, size } = input;
    const { uploadId, closed } = await holdImport(tx, tenantId, importId);
    if (closed) throw fail.ImportClosed({});
    const { end, cursor } = cut(range, size);
    const batch = { tenantId, importId, uploadId, after: range.after, upTo: end };
    return { ...(await once(tx, batch, null, () => importRows(tx, batch))), cursor };
  },
});

export const setImportBatchAside = userActivities.activity('setImportBatchAside', {
  run: async ({ input, tenantId, tx, fail }) => {
    const { importId, range, size, because } = input;
    const { uploadId, closed } = await holdImport(tx, tenantId, importId);
    if (closed) throw fail.ImportClosed({});
    const { end, cursor } = cut(range, size);
    const batch = { tenantId, importId, uploadId, after: range.after, upTo: end };
    return { ...(await once(tx, batch, because, () => refuseRows(tx, batch))), cursor };
  },
});
