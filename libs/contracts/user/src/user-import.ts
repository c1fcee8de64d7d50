import { BATCH_BOUNDS, defineActivity, defineEvent, defineRead, defineUpload, defineWorkflow } from '@adx/contract-kit';
import { z } from 'zod';
import { UserId } from './user.ts';

export const ImportId = z.uuid().brand<'ImportId'>();

/** The most rows a file may have. */
export const IMPORT_ROWS_MAX = 1_000_000;

/** So many new members one event tells of at most: about 20 KB, of which a delivery of 200 KB takes ten. */
export const MEMBERS_PER_EVENT = 500;

/** Why a row of a file did not become a user. */
export const RowFault = z.enum([
  'BadJson',
  'BadCsv',
  'NotAnObject',
  'WrongColumnCount',
  'UnknownColumn',
  'MissingEmail',
  'BadEmail',
  'BadRole',
  'TooLong',
  'DuplicateInFile',
  /** The tenant has a user of this address. */
  'EmailTaken',
  /** The batch of the row failed for good; the row itself may be good. */
  'BatchFailed',
]);

const roles = ['owner'] as const;
const bounds = { attempt: '10s', attempts: 10 } as const;
const Rows = z.int().nonnegative();
const Id = z.strictObject({ importId: ImportId });

/** Rows after `after`, up to and with `upTo`. */
export const RowRange = z.strictObject({ after: Rows, upTo: Rows });
const BatchInput = Id.extend({ range: RowRange, size: z.int().min(1).max(10_000) });
/** Without a cursor at the end of the range. */
const BatchOutput = z.strictObject({ processed: Rows, failed: Rows, cursor: RowRange.nullable() });
/** Counts only: rows stay in the database. `processed` is those that were looked at. */
const ImportTotals = z.strictObject({ total: Rows, processed: Rows, imported: Rows, failed: Rows });

/** Closed imports take no more batches. */
const errors = { ImportClosed: z.strictObject({}) };

export const importActivities = {
  openImport: defineActivity({
    kind: 'retriable',
    roles,
    input: Id.extend({ lanes: z.int().min(1).max(8) }),
    output: z.strictObject({ total: Rows, processed: Rows, failed: Rows, lanes: z.array(RowRange) }),
    bounds,
  }),
  /** Up to 5,000 users and their access in one transaction. */
  importBatch: defineActivity({
    kind: 'retriable',
    roles,
    input: BatchInput,
    output: BatchOutput,
    errors,
    bounds: BATCH_BOUNDS,
  }),
  /** Records the rows of a batch that failed for good, unless that batch committed after all. */
  setImportBatchAside: defineActivity({
    kind: 'retriable',
    roles,
    input: BatchInput.extend({ because: z.string().max(200) }),
    output: BatchOutput,
    errors,
    bounds,
  }),
  closeImport: defineActivity({
    kind: 'retriable',
    roles,
    input: Id.extend({ ending: z.enum(['finished', 'cancelled']) }),
    output: ImportTotals,
    bounds,
  }),
};

/** How far an import is, for the user who started it: at every tenth, and at its end. Of the aggregate `import/<id>`. */
export const importProgressed = defineEvent({
  to: ['notification'],
  payload: z.strictObject({
    startedBy: UserId,
    /** Null while it goes on. */
    ending: z.enum(['finished', 'cancelled']).nullable(),
    percentage: z.int().min(0).max(100),
    total: Rows,
    imported: Rows,
    failed: Rows,
  }),
});

/** Makes users of an uploaded file. One process for each import. */
export const importUsers = defineWorkflow({
  pattern: 'long-running',
  input: Id,
  output: ImportTotals,
  identity: ({ importId }) => importId,
});

/** What the owner's database says of an import; how its process is doing is the operation's to say. */
export const getUserImport = defineRead({
  input: Id,
  output: ImportTotals.extend({ importId: ImportId, createdAt: z.string(), closedAt: z.string().optional() }),
});

/** Failed rows in the order of the file. */
export const listFailedRows = defineRead({
  input: Id.extend({ after: Rows.default(0), limit: z.int().min(1).max(1_000).default(1_000) }),
  output: z.strictObject({
    rows: z.array(z.strictObject({ line: Rows, reason: RowFault, row: z.string() })),
    /** Pass it as `after`; null at the end. */
    next: Rows.nullable(),
  }),
});

/**
 * Puts a file where {@link importUsers} finds it. Wrong rows do not fail it, they are on record. The same import id is
 * the same import: with the same body it is `same`, with another one it is refused (`another`).
 */
export const stageUserImport = defineUpload({
  roles,
  mediaTypes: ['application/x-ndjson', 'text/csv'],
  input: Id.extend({
    /** Takes the failed rows of another import instead of a body. */
    retryOf: ImportId.optional(),
  }),
  output: z.strictObject({ outcome: z.enum(['staged', 'same', 'another']), total: Rows, failed: Rows }),
});
