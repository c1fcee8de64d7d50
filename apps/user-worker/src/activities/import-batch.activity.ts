import type { Outbox } from '@adx/activity-middleware';
import { MEMBERS_PER_EVENT, Role, userContract } from '@adx/user-contract';
import { holdImport, importRows, once, refuseRows } from '../adapters/import-batches.ts';
import type { NewMembers } from '../adapters/import-batches.ts';
import { tellProgress } from './tell-progress.ts';
import { userActivities } from './user-activities.ts';

const { membersAdded } = userContract.events;

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
  run: async ({ input, tenantId, tx, fail, outbox, principal }) => {
    const { importId, range, size } = input;
    const held = await holdImport(tx, tenantId, importId);
    if (held.closed) throw fail.ImportClosed({});
    const { end, cursor } = cut(range, size);
    const batch = { tenantId, importId, uploadId: held.uploadId, after: range.after, upTo: end };
    const done = await once(tx, batch, null, async () => {
      const { counts, members } = await importRows(tx, batch);
      tellOf(members, outbox);
      tellProgress(outbox, { importId, startedBy: principal.sub }, held, counts);
      return counts;
    });
    return { ...done, cursor };
  },
});

export const setImportBatchAside = userActivities.activity('setImportBatchAside', {
  run: async ({ input, tenantId, tx, fail, outbox, principal }) => {
    const { importId, range, size, because } = input;
    const held = await holdImport(tx, tenantId, importId);
    if (held.closed) throw fail.ImportClosed({});
    const { end, cursor } = cut(range, size);
    const batch = { tenantId, importId, uploadId: held.uploadId, after: range.after, upTo: end };
    const done = await once(tx, batch, because, async () => {
      const counts = await refuseRows(tx, batch);
      tellProgress(outbox, { importId, startedBy: principal.sub }, held, counts);
      return counts;
    });
    return { ...done, cursor };
  },
});

/** Some hundred members an event: one each would be a million rows of the outbox, and all in one no message takes. */
function tellOf(members: NewMembers, outbox: Outbox<typeof membersAdded>): void {
  for (const [role, ids] of Object.entries(members)) {
    for (let from = 0; from < ids.length; from += MEMBERS_PER_EVENT) {
      const userIds = ids.slice(from, from + MEMBERS_PER_EVENT);
      outbox.emit(membersAdded, { role: Role.parse(role), userIds }, { aggregate: `members/${userIds[0]}` });
    }
  }
}
