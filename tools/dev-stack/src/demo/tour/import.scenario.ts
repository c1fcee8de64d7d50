import { randomUUID } from 'node:crypto';
import type { GatewayClient } from '../gateway-client.ts';
import { ENDED } from '../stage.ts';
import type { Scenario } from '../stage.ts';
import { WITHIN_MS, openTenant, taken } from './processes.ts';

const ROWS = 200;
/** By their lines in the file, which are counted from 1. */
const WRONG: ReadonlyMap<number, { readonly row: object; readonly reason: string }> = new Map([
  [7, { row: { email: 'no address' }, reason: 'BadEmail' }],
  [120, { row: { email: 'kim@cyberdyne.example', role: 'emperor' }, reason: 'BadRole' }],
]);

const file = Array.from({ length: ROWS }, (_, index) => index + 1)
  .map((line) => WRONG.get(line)?.row ?? { email: `user-${line}@cyberdyne.example` })
  .map((row) => `${JSON.stringify(row)}\n`)
  .join('');

async function countUsers(client: GatewayClient): Promise<number> {
  let count = 0;
  let page: string | undefined = '';
  while (page !== undefined) {
    const { users, nextPage } = await taken(client.get(`/v1/users?limit=100${page}`));
    count += (users as readonly unknown[]).length;
    page = typeof nextPage === 'string' ? `&page=${nextPage}` : undefined;
  }
  return count;
}

export const usersImported: Scenario = {
  name: `${ROWS} users from a file with ${WRONG.size} wrong rows`,
  shows: ['importUsers'],
  async play(stage) {
    const { owner } = await openTenant(stage, 'cyberdyne');
    const before = await countUsers(owner);
    const headers = { 'content-type': 'application/x-ndjson', 'idempotency-key': randomUUID() };
    const upload = () => taken(owner.send('POST /v1/user-imports', file, headers));
    const { operationId, importId } = await upload();
    const operation = await owner.until(String(operationId), ENDED, WITHIN_MS);
    const shown = await taken(owner.get(`/v1/user-imports/${String(importId)}`));
    const report = (await owner.text(`/v1/user-imports/${String(importId)}/failed-rows`))
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { readonly line: number; readonly reason: string; readonly row: string });
    const repeated = await upload();
    const after = await countUsers(owner);
    return {
      operation,
      checks: {
        'completed with errors': operation.status === 'completed-with-errors',
        'the good rows are users': shown['imported'] === ROWS - WRONG.size && after === before + ROWS - WRONG.size,
        'the report has the wrong rows, and why':
          report.length === WRONG.size && report.every(({ line, reason }) => WRONG.get(line)?.reason === reason),
        'the same upload again is the same import': repeated['importId'] === importId,
      },
      evidence: { imported: shown['imported'], failed: shown['failed'], report, before, after },
    };
  },
};
