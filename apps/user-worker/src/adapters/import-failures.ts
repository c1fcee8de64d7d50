import type { RowFault } from '@adx/user-contract';
import type { z } from 'zod';
import type { RawRow } from '../domain/import-row.ts';
import type { UserTx } from './database.ts';

/** A failed row as the report shows it. */
export interface ReportedRow {
  readonly number: number;
  readonly line: number;
  readonly reason: z.output<typeof RowFault>;
  readonly content: string;
  readonly email: string | null;
  readonly role: string | null;
}

const ROWS_AT_ONCE = 1_000;

/** Failed rows of an import in the order of the file. @param after the number of the last one that was seen */
export async function failedRows(
  tx: UserTx,
  { tenantId, importId, after, limit }: { tenantId: string; importId: string; after: number; limit: number },
): Promise<readonly ReportedRow[]> {
  return (await tx.$queryRaw`
    select f.row_number as number, f.line, f.reason, f.content, f.email, f.role
      from user_import i join user_import_failure f on f.tenant_id = i.tenant_id and f.upload_id = i.upload_id
      where i.tenant_id = ${tenantId}::uuid and i.import_id = ${importId}::uuid and f.row_number > ${after}
      order by f.row_number limit ${limit}`) as readonly ReportedRow[];
}

/** The failed rows of an import as the rows of another one. Those that were wrong in themselves are wrong again. */
export async function* failedRowsAgain(
  transact: <T>(work: (tx: UserTx) => Promise<T>) => Promise<T>,
  tenantId: string,
  importId: string,
): AsyncGenerator<RawRow[]> {
  for (let after = 0; ;) {
    const rows = await transact((tx) => failedRows(tx, { tenantId, importId, after, limit: ROWS_AT_ONCE }));
    if (rows.length === 0) return;
    yield rows.map(({ line, content, reason, email, role }) =>
      email === null ? { line, text: content, fault: reason } : { line, text: content, fields: { email, role } },
    );
    after = rows.at(-1)!.number;
  }
}

/** Takes an address out of every file that was uploaded. What it was a row of says so, and no more. */
export async function eraseAddress(
  tx: UserTx,
  { tenantId, email }: { readonly tenantId: string; readonly email: string },
): Promise<void> {
  await tx.userImportRow.deleteMany({ where: { tenantId, email } });
  await tx.userImportFailure.updateMany({
    where: { tenantId, OR: [{ email }, { content: { contains: email } }] },
    data: { content: '', email: null, role: null },
  });
}
