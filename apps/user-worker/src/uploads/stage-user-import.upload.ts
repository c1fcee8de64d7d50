import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { UploadHandlers } from '@adx/activity-middleware';
import { failure } from '@adx/contract-kit';
import { IMPORT_ROWS_MAX } from '@adx/user-contract';
import type { userContract } from '@adx/user-contract';
import type { UserTx } from '../adapters/database.ts';
import { failedRowsAgain } from '../adapters/import-failures.ts';
import { beginUpload, findLeftUploads, recordFailures, removeUpload, stageRows } from '../adapters/import-staging.ts';
import type { FailedRow, StagedRow } from '../adapters/import-staging.ts';
import { readRow } from '../domain/import-row.ts';
import type { RawRow } from '../domain/import-row.ts';
import { readFile } from '../domain/read-file.ts';

type StageUserImport = UploadHandlers<typeof userContract, UserTx>['stageUserImport'];
type Context = Parameters<StageUserImport>[0];

/** Rows of one transaction: about 0.1 s, and little memory. */
const ROWS_AT_ONCE = 1_000;

/**
 * Reads a file into the database. Nothing of it is visible before the last statement, which says which upload the
 * import means: whoever is second finds that out there, and takes the own rows away again.
 */
export const stageUserImport: StageUserImport = async (context) => {
  const { input, tenantId, transact } = context;
  const { importId } = input;
  const known = await transact((tx) => findImport(tx, tenantId, importId));
  const hash = createHash('sha256').update(input.retryOf ? `retry of ${input.retryOf}` : context.mediaType);
  if (known) {
    if (!input.retryOf) for await (const chunk of context.body) hash.update(chunk as Buffer);
    return answer(known, hash.digest('base64url'));
  }
  for (const left of await transact((tx) => findLeftUploads(tx, tenantId))) {
    await removeUpload(transact, { tenantId, ...left });
  }
  const uploadId = await transact((tx) => beginUpload(tx, tenantId));
  try {
    const rows = input.retryOf
      ? failedRowsAgain(transact, tenantId, input.retryOf)
      : readFile(hashing(context.body, hash), context.mediaType);
    const counts = await stage(context, uploadId, rows);
    const contentHash = hash.digest('base64url');
    const mine = { contentHash, ...counts };
    const winner = await transact(async (tx) => {
      const written = (await tx.$queryRaw`
        insert into user_import (tenant_id, import_id, upload_id, content_hash, total, failed)
          values (${tenantId}::uuid, ${importId}::uuid, ${uploadId}::uuid, ${contentHash}, ${counts.total}, ${counts.failed})
          on conflict (tenant_id, import_id) do nothing returning 1`) as readonly unknown[];
      return written.length > 0 ? undefined : findImport(tx, tenantId, importId);
    });
    if (!winner) return { outcome: 'staged', total: mine.total, failed: mine.failed };
    await removeUpload(transact, { tenantId, uploadId });
    return answer(winner, contentHash);
  } catch (error) {
    await takeAway(() => removeUpload(transact, { tenantId, uploadId }));
    throw error;
  }
};

/** Tried again, as a database that is busy now need not be so soon; what fails then is left to the sweep. Never throws. */
async function takeAway(remove: () => Promise<void>): Promise<void> {
  for (const waitMs of [0, 500, 2_000, 8_000]) {
    await delay(waitMs);
    try {
      return await remove();
    } catch {
      // What went wrong before is what matters.
    }
  }
}

interface KnownImport {
  readonly contentHash: string;
  readonly total: number;
  readonly failed: number;
}

async function findImport(tx: UserTx, tenantId: string, importId: string): Promise<KnownImport | undefined> {
  const row = await tx.userImport.findUnique({ where: { tenantId_importId: { tenantId, importId } } });
  return row ?? undefined;
}

function answer({ contentHash, total, failed }: KnownImport, hash: string) {
  return { outcome: contentHash === hash ? ('same' as const) : ('another' as const), total, failed };
}

async function* hashing(body: Context['body'], hash: ReturnType<typeof createHash>): AsyncGenerator<Buffer> {
  for await (const chunk of body as AsyncIterable<Buffer>) {
    hash.update(chunk);
    yield chunk;
  }
}

/** What a file came to. */
interface Counts {
  readonly total: number;
  readonly failed: number;
}

async function stage(
  { tenantId, transact }: Context,
  uploadId: string,
  source: AsyncIterable<readonly RawRow[]>,
): Promise<Counts> {
  let total = 0;
  let failed = 0;
  let good: StagedRow[] = [];
  let bad: FailedRow[] = [];
  const flush = async () => {
    if (good.length + bad.length === 0) return;
    const doubled = await transact(async (tx) => {
      if (bad.length > 0) await recordFailures(tx, { tenantId, uploadId, rows: bad });
      return good.length > 0 ? stageRows(tx, { tenantId, uploadId, rows: good }) : 0;
    });
    failed += bad.length + doubled;
    good = [];
    bad = [];
  };
  for await (const rows of source) {
    for (const row of rows) {
      total += 1;
      if (total > IMPORT_ROWS_MAX) throw failure('InvalidInput', `a file has at most ${IMPORT_ROWS_MAX} rows`);
      const { line, text } = row;
      const read = readRow(row);
      if (typeof read === 'string') bad.push({ number: total, line, reason: read, text });
      else good.push({ number: total, line, ...read });
      if (good.length + bad.length >= ROWS_AT_ONCE) await flush();
    }
  }
  await flush();
  if (total === 0) throw failure('InvalidInput', 'the file has no rows');
  return { total, failed };
}
