import type { StepLedger } from '@adx/activity-middleware';
import type { Principal, TenantRow } from '@adx/contract-kit';
import type { RawTransaction } from './raw-transaction.ts';

/** Rows removed in one transaction: well within the statement timeout. */
const REMOVED_AT_ONCE = 20_000;

/**
 * A page of everything that a service keeps of the tenant of the transaction, table by table, without the kernel's own.
 *
 * @param page.after the last row of the page before
 * @returns fewer than the limit at the end
 */
export async function exportTenantRows(
  tx: RawTransaction,
  { after, limit }: { readonly after?: TenantRow | undefined; readonly limit: number },
): Promise<TenantRow[]> {
  const tables = (await tx.$queryRaw`select domain_tables() as name`) as readonly { readonly name: string }[];
  const names = tables.map(({ name }) => name);
  const rows: TenantRow[] = [];
  for (const table of after ? names.slice(names.indexOf(after.table)) : names) {
    if (rows.length === limit) break;
    const last = table === after?.table ? JSON.stringify(after.row) : null;
    const found = (await tx.$queryRaw`
      select found from export_rows(${table}, ${last}::jsonb, ${limit - rows.length}::integer) as found`) as readonly {
      readonly found: TenantRow['row'];
    }[];
    rows.push(...found.map(({ found: row }) => ({ table, row })));
  }
  return rows;
}

/** Takes away what a service keeps of the principal's tenant. */
export type RemoveTenantRows = (principal: Principal, operationId: string) => Promise<number>;

/**
 * In as many transactions as it takes: each goes on where the one before has ended, so that a second call does what is
 * left. What stays, and why, is in the migration `tenant_rows`.
 */
export function createTenantRemoval<Tx extends RawTransaction>(
  ledger: Pick<StepLedger<Tx>, 'withTenant'>,
): RemoveTenantRows {
  return async (principal, operationId) => {
    for (let rows = 0; ;) {
      const removed = await ledger.withTenant(principal, async (tx) => {
        const [{ removed }] = (await tx.$queryRaw`
          select remove_rows(${operationId}, ${REMOVED_AT_ONCE}::integer) as removed`) as [
          { readonly removed: number },
        ];
        return removed;
      });
      if (removed === 0) return rows;
      rows += removed;
    }
  };
}
