import { tenantRowsOf } from '@adx/contract-kit';
import type { TenantRow } from '@adx/contract-kit';
import { CONTRACTS } from '@adx/every-contract';
import type { OwnerReads } from './owner-reads.ts';
import { HttpProblem } from './problem.ts';

const PAGE_ROWS = 500;

const EXPORTS = CONTRACTS.map((contract) => tenantRowsOf(contract).export);

/**
 * Everything that the services keep of the principal's tenant, one line for each row; no faster than it is read.
 *
 * @param isOpen whether nothing has been removed yet
 * @throws HttpProblem at its end when something has been, so that nobody takes what is left for the whole
 */
export async function* tenantExport(
  reads: OwnerReads,
  principal: string,
  isOpen: () => Promise<boolean>,
): AsyncGenerator<string> {
  for (const read of EXPORTS) {
    for (let after: TenantRow | undefined; ;) {
      const page = { limit: PAGE_ROWS, ...(after ? { after } : {}) };
      const { rows } = await reads.ask(read, page, principal);
      yield rows.map((row) => `${JSON.stringify({ service: read.service, ...row })}\n`).join('');
      if (rows.length < PAGE_ROWS) break;
      after = rows.at(-1);
    }
  }
  if (!(await isOpen())) throw new HttpProblem(409, 'NotOffboarding', 'the offboarding went on during the export');
}
