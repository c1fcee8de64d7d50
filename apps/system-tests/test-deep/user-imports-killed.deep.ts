import { randomUUID } from 'node:crypto';
import { startCrashingWorker } from '@adx/testing';
import type { Fault } from '@adx/testing';
import { importEnded, startImportStack } from '../src/import-stack.ts';
import type { ImportStack, Tenant } from '../src/import-stack.ts';

// 50,000 rows go in while the worker is killed again and again, before and after its commits.

let stack: ImportStack;
let acme: Tenant;
beforeAll(async () => {
  stack = await startImportStack();
  acme = await stack.onboard();
}, 120_000);
afterAll(() => stack?.stop());

const ROWS = 50_000;
/** Where a worker dies in the one batch that it gets that far with. */
const DEATHS: readonly Fault['point'][] = [
  'in-transaction',
  'after-commit',
  'before-transaction',
  'after-commit',
  'in-transaction',
  'after-commit',
];

interface Expected {
  readonly line: number;
  readonly reason: string;
}

/** A file with known faults: every 1,000th row is no address, every 1,500th is there twice, every 2,500th exists. */
function file(mark: string): { readonly lines: string[]; readonly taken: string[]; readonly expected: Expected[] } {
  const expected: Expected[] = [];
  const taken: string[] = [];
  const lines = Array.from({ length: ROWS }, (_, index) => {
    const line = index + 1;
    let email = `u${line}-${mark}@import.example`;
    if (line % 1_000 === 0) {
      email = 'no address';
      expected.push({ line, reason: 'BadEmail' });
    } else if (line % 1_500 === 0) {
      email = `u${line - 1}-${mark}@import.example`;
      expected.push({ line, reason: 'DuplicateInFile' });
    } else if (line % 2_501 === 0) {
      taken.push(email);
      expected.push({ line, reason: 'EmailTaken' });
    }
    return `${JSON.stringify({ email })}\n`;
  });
  return { lines, taken, expected };
}

test('every row goes in exactly once, and the report names exactly the rows that could not', async () => {
  const mark = randomUUID().slice(0, 8);
  const { lines, taken, expected } = file(mark);
  const before = await stack.upload(acme, { body: taken.map((email) => `${JSON.stringify({ email })}\n`) });
  await importEnded(stack, before.json<{ operationId: string }>().operationId);

  stack.platform.faults.set({ activity: 'openImport', point: 'before-transaction', action: { kind: 'hang' } });
  const answer = await stack.upload(acme, { body: lines });
  expect(answer.status).toBe(202);
  const { operationId, importId } = answer.json<{ operationId: string; importId: string }>();
  stack.platform.faults.set();

  let killed = 0;
  for (const point of DEATHS) {
    const worker = await startCrashingWorker(stack.platform, 'user', [
      { activity: 'importBatch', point, action: { kind: 'kill' }, skip: 1, times: 1 },
    ]);
    // Says itself whether its fault fired and whether it was SIGKILL.
    await worker.crashed();
    killed += 1;
  }
  expect(killed).toBe(DEATHS.length);
  await stack.platform.startWorker('user');
  await stack.restartGateway();
  await importEnded(stack, operationId);

  const shown = (await stack.call('GET', `/v1/user-imports/${importId}`, acme)).json();
  const imported = ROWS - expected.length;
  expect(shown).toMatchObject({ status: 'completed-with-errors', total: ROWS, processed: ROWS, imported });
  const report = (await stack.call('GET', `/v1/user-imports/${importId}/failed-rows`, acme)).text;
  const rows = report
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Expected);
  expect(rows.map(({ line, reason }) => ({ line, reason }))).toEqual(expected);

  const { rows: counts } = await stack.platform.database.superuser.query<{ users: number; members: number }>(
    `select count(*)::int as users, count(m.subject)::int as members from "user".app_user u
       left join "user".access_member m on m.tenant_id = u.tenant_id and m.subject = u.user_id::text
       where u.tenant_id = $1 and u.email like $2`,
    [acme.tenantId, `%-${mark}@import.example`],
  );
  const users = imported + taken.length;
  expect(counts).toEqual([{ users, members: users }]);
  const { rows: effects } = await stack.platform.database.superuser.query<{ step: string; times: number }>(
    `select step, count(*)::int as times from (
         select step, outcome from "user".audit_pending where operation_id = $1
         union all select step, outcome from "user".audit where operation_id = $1) entries
       where outcome = 'succeeded' and step like 'importBatch%' group by step`,
    [operationId],
  );
  expect(effects).toHaveLength(10);
  expect(effects.every(({ times }) => times === 1)).toBe(true);
}, 300_000);
