import { defineActivity, defineWorkflow } from '@adx/contract-kit';
import { z } from 'zod';

export const DirectoryId = z.uuid().brand<'DirectoryId'>();

/** Users of a page. */
export const DIRECTORY_PAGE_USERS = 500;
/** Pages of a sync: its history stays below 500 events, also when some of them are tried again. */
export const DIRECTORY_PAGES_MAX = 50;

const roles = ['owner'] as const;
/** A call takes 30 s at most; its heartbeat ends it when the process is cancelled. */
const calling = { attempt: '40s', attempts: 5, heartbeat: '10s' } as const;
const Count = z.int().nonnegative();
const Page = z.int().min(1).max(DIRECTORY_PAGES_MAX);
const Id = z.strictObject({ directoryId: DirectoryId });

/** The tenant has registered no such directory. */
const DirectoryUnknown = Id;
/** It answered with something that is not what was agreed. What it was stays out of the error: it may be personal. */
const AnswerRefused = z.strictObject({ page: z.int(), reason: z.string() });
const Counts = { created: Count, changed: Count, unchanged: Count };

export const directoryActivities = {
  /** Registers where a tenant's users are listed. The secret is provided by name, never by value. */
  addDirectory: defineActivity({
    kind: 'pivot',
    because: 'a sync may read from it from here on',
    roles,
    input: z.strictObject({
      url: z.url().max(2_000),
      /** The name under which the operator has put the tenant's secret. */
      secretName: z.string().regex(/^[a-z][a-z0-9_]{0,39}$/),
    }),
    output: Id,
    /** No public https address, or one that is registered already. The URL itself stays out of the error. */
    errors: { DirectoryRefused: z.strictObject({ reason: z.string() }) },
    bounds: { attempt: '10s', attempts: 10 },
  }),
  /** Asks how many pages there are, and keeps other syncs of the directory away until the close, or the undo. */
  openDirectorySync: defineActivity({
    kind: 'compensatable',
    effect: 'fetched',
    roles,
    input: Id,
    output: z.strictObject({ pages: z.int().min(0).max(DIRECTORY_PAGES_MAX) }),
    errors: {
      DirectoryUnknown,
      AnswerRefused,
      DirectoryTooLarge: z.strictObject({ pages: z.int(), most: z.int() }),
      SyncRunning: z.strictObject({ operationId: z.string() }),
    },
    bounds: calling,
  }),
  /** Fetches a page and makes the tenant's users what it says: created, or given the role. Nobody is removed. */
  syncDirectoryPage: defineActivity({
    kind: 'compensatable',
    effect: 'fetched',
    roles,
    input: Id.extend({ page: Page }),
    output: z.strictObject(Counts),
    errors: {
      DirectoryUnknown,
      AnswerRefused,
      WrongPage: z.strictObject({ asked: z.int(), got: z.int() }),
      /** A tenant keeps at least one owner, or nobody could ever act for it again. */
      NoOwnerLeft: z.strictObject({ page: z.int() }),
    },
    bounds: calling,
  }),
  closeDirectorySync: defineActivity({
    kind: 'compensatable',
    roles,
    input: Id,
    output: z.strictObject({}),
    bounds: { attempt: '10s', attempts: 10 },
  }),
};

export const registerDirectory = defineWorkflow({
  pattern: 'standard',
  input: directoryActivities.addDirectory.input,
  output: directoryActivities.addDirectory.output,
  identity: 'request',
});

/** Makes the users of a tenant those of a directory. `skipped` pages were set aside; the steps say why. */
export const syncDirectory = defineWorkflow({
  pattern: 'resilient',
  input: Id,
  output: z.strictObject({ pages: Count, skipped: Count, ...Counts }),
  identity: 'request',
});
