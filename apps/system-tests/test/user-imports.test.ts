import { randomUUID } from 'node:crypto';
import { waitUntil } from '@adx/local-parts';
import { projected } from '@adx/testing';
import { importEnded, startImportStack } from '../src/import-stack.ts';
import type { ImportStack, Tenant } from '../src/import-stack.ts';

// Users from a file, through the gateway: from the upload to the report of the rows that did not become one.

let stack: ImportStack;
let acme: Tenant;
beforeAll(async () => {
  stack = await startImportStack({ uploadLimit: 4 * 1024 * 1024 });
  acme = await stack.onboard();
});
afterAll(() => stack?.stop());
afterEach(() => stack.platform.faults.set());

const ask = async <R>(sql: string, values: readonly unknown[]) =>
  (await stack.platform.database.superuser.query(sql, [...values])).rows as R[];

interface Started {
  readonly operationId: string;
  readonly importId: string;
  readonly total: number;
  readonly failed: number;
}

/** Addresses that nobody else has. */
function addresses(count: number): string[] {
  const mark = randomUUID().slice(0, 8);
  return Array.from({ length: count }, (_, n) => `u${n}-${mark}@import.example`);
}
const ndjson = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`);

async function start(body: string | Iterable<string>, more: { type?: string; key?: string } = {}): Promise<Started> {
  const answer = await stack.upload(acme, { body, ...more });
  expect([answer.status, answer.text]).toEqual([202, expect.any(String)]);
  return answer.json<Started>();
}
const show = async ({ importId }: Started) =>
  (await stack.call('GET', `/v1/user-imports/${importId}`, acme)).json<Record<string, unknown>>();
const report = async ({ importId }: Started, query = '') =>
  (await stack.call('GET', `/v1/user-imports/${importId}/failed-rows${query}`, acme)).text;
const reasons = async (started: Started) =>
  (await report(started))
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { line: number; reason: string; row: string })
    .map(({ line, reason }) => [line, reason]);
const usersOf = async (emails: readonly string[]) =>
  (
    await ask<{ users: number; members: number }>(
      `select count(*)::int as users, count(m.subject)::int as members from "user".app_user u
         left join "user".access_member m on m.tenant_id = u.tenant_id and m.subject = u.user_id::text and m.roles = array[u.role]
         where u.tenant_id = $1 and u.email = any ($2)`,
      [acme.tenantId, emails],
    )
  )[0];

test('imports 20,000 rows in five batches, each user and its access once', async () => {
  const emails = addresses(20_000);
  const started = await start(ndjson(emails.map((email) => ({ email }))));
  expect(started).toMatchObject({ total: 20_000, failed: 0 });
  await importEnded(stack, started.operationId);
  expect(await show(started)).toMatchObject({
    status: 'completed',
    total: 20_000,
    processed: 20_000,
    imported: 20_000,
    failed: 0,
    percentage: 100,
    closedAt: expect.any(String),
  });
  expect(await usersOf(emails)).toEqual({ users: 20_000, members: 20_000 });
  expect(await report(started)).toBe('');
  const { events } = await stack.platform.client.workflow.getHandle(started.operationId).fetchHistory();
  const scheduled = events!.filter((event) => event.activityTaskScheduledEventAttributes);
  expect(scheduled).toHaveLength(4);
  expect(events!.length).toBeLessThan(100);
  for (const event of events!) {
    const { input } = event.workflowExecutionStartedEventAttributes ?? {};
    const { result } = event.workflowExecutionCompletedEventAttributes ?? {};
    const bytes = [...(input?.payloads ?? []), ...(result?.payloads ?? [])].reduce(
      (n, { data }) => n + data!.length,
      0,
    );
    expect(bytes).toBeLessThan(4_096);
  }
  const ledger = await ask<{ step: string }>(
    `select step from "user".step_ledger where operation_id = $1 and step like 'importBatch%' order by ended_at`,
    [started.operationId],
  );
  expect(ledger.map(({ step }) => step)).toEqual(['importBatch', 'importBatch~2', 'importBatch~3', 'importBatch~4']);
  // Who has started it is told of each tenth that a batch has passed, and of the end.
  await projected(stack.platform.database, acme.tenantId);
  const notices = await ask<{ subject: string; body: string }>(
    `select subject, body from notification.notification where tenant_id = $1 and user_id = $2 order by notification_id`,
    [acme.tenantId, acme.ownerId],
  );
  expect(notices.map(({ subject }) => subject)).toEqual([
    'Your import is at 20 %',
    'Your import is at 50 %',
    'Your import is at 70 %',
    'Your import is done',
  ]);
  expect(notices.at(-1)!.body).toBe('Of 20000 rows 20000 became users, and 0 failed.');
  // What became users is not kept a second time.
  expect(await ask('select 1 from "user".user_import_row where tenant_id = $1', [acme.tenantId])).toEqual([]);
});

test('records every wrong row with its line and its reason, and imports the others', async () => {
  const [good, owner, twice, taken] = addresses(4) as [string, string, string, string];
  await importEnded(stack, (await start(ndjson([{ email: taken }]))).operationId);
  const lines = [
    JSON.stringify({ email: good }),
    '{"email": ',
    '',
    '["a@b.example"]',
    JSON.stringify({ email: 'no address' }),
    JSON.stringify({ email: 'a@b.example', admin: true }),
    JSON.stringify({ role: 'member' }),
    JSON.stringify({ email: 'c@b.example', role: 'king' }),
    JSON.stringify({ email: twice }),
    JSON.stringify({ email: twice }),
    JSON.stringify({ email: taken }),
    JSON.stringify({ email: `${'x'.repeat(5_000)}@b.example` }),
    JSON.stringify({ email: 'nul\u0000@b.example' }),
    JSON.stringify({ email: owner, role: 'owner' }),
  ];
  const started = await start(lines.join('\n'));
  expect(started).toMatchObject({ total: 13, failed: 9 });
  await importEnded(stack, started.operationId);
  expect(await show(started)).toMatchObject({
    status: 'completed-with-errors',
    imported: 3,
    failed: 10,
    processed: 13,
  });
  expect(await reasons(started)).toEqual([
    [2, 'BadJson'],
    [4, 'NotAnObject'],
    [5, 'BadEmail'],
    [6, 'UnknownColumn'],
    [7, 'MissingEmail'],
    [8, 'BadRole'],
    [10, 'DuplicateInFile'],
    [11, 'EmailTaken'],
    [12, 'TooLong'],
    [13, 'BadEmail'],
  ]);
  expect(await usersOf([good, owner, twice])).toEqual({ users: 3, members: 3 });
});

test('reads CSV with a header, quotes and rows of another length, and reports as CSV', async () => {
  const [a, b, c] = addresses(3) as [string, string, string];
  const file = `\uFEFFEmail,role\r\n${a},owner\r\n"${b}",\r\n${c}\r\n"=cmd()",member\r\n"never closed,member\r\n`;
  const started = await start([file], { type: 'text/csv; charset=utf-8' });
  await importEnded(stack, started.operationId);
  expect(await usersOf([a, b, c])).toEqual({ users: 2, members: 2 });
  expect(await report(started, '?format=csv')).toBe(
    [
      'line,reason,row',
      `4,WrongColumnCount,"${c}"`,
      '5,BadEmail,"""=cmd()"",member"',
      '6,BadCsv,"""never closed,member"',
      '',
    ].join('\r\n'),
  );
});

test('a repeated upload is the same import, another file under the same key is refused', async () => {
  const rows = ndjson(addresses(10).map((email) => ({ email })));
  const key = randomUUID();
  const first = await start(rows, { key });
  await importEnded(stack, first.operationId);
  expect(await start(rows, { key })).toEqual(first);
  const other = await stack.upload(acme, { body: ndjson([{ email: 'x@import.example' }]), key });
  expect([other.status, other.json()['code']]).toEqual([422, 'IdempotencyKeyReused']);
  const rowsLeft = await ask('select 1 from "user".user_import_row where tenant_id = $1', [acme.tenantId]);
  expect(rowsLeft).toEqual([]);
});

test('of two uploads at once under one key one is the import, and both callers learn of it', async () => {
  const rows = ndjson(addresses(6_000).map((email) => ({ email })));
  const key = randomUUID();
  const both = await Promise.all([start(rows, { key }), start(rows, { key })]);
  expect(both[0]).toEqual(both[1]);
  await importEnded(stack, both[0].operationId);
  expect(await show(both[0])).toMatchObject({ imported: 6_000, failed: 0 });
});

describe('wrong input over HTTP', () => {
  test.each([
    ['another content type', 'application/json', '{}', 415, 'UnsupportedMediaType'],
    ['an empty body', 'application/x-ndjson', '', 400, 'InvalidInput'],
    ['nothing but empty lines', 'application/x-ndjson', '\n\r\n\n', 400, 'InvalidInput'],
    ['a header alone', 'text/csv', 'email,role\n', 400, 'InvalidInput'],
    ['more bytes than the limit', 'application/x-ndjson', 'x'.repeat(5 * 1024 * 1024), 413, 'BodyTooLarge'],
  ])('%s is refused', async (_what, type, body, status, code) => {
    // In the same breath as it is read: the answer may come before all is sent.
    const answer = await stack.upload(acme, { body: chunks(body), type });
    expect([answer.status, answer.json()['code']]).toEqual([status, code]);
  });

  test('what is no NDJSON at all is rows that failed', async () => {
    const started = await start(['hello\nworld\n']);
    expect(started).toMatchObject({ total: 2, failed: 2 });
    await importEnded(stack, started.operationId);
    expect(await show(started)).toMatchObject({ status: 'completed-with-errors', imported: 0, failed: 2 });
  });

  test('an upload that is aborted midway leaves nothing', async () => {
    const key = randomUUID();
    const rows = ndjson(addresses(12_000).map((email) => ({ email })));
    const sent: string[] = [];
    const breaking = (function* () {
      for (const row of rows.slice(0, 11_000)) {
        sent.push(row);
        yield row;
      }
      throw new Error('the sender breaks');
    })();
    await expect(stack.upload(acme, { body: breaking, key })).rejects.toThrow('the sender breaks');
    expect(sent).toHaveLength(11_000);
    // The same key begins anew. Whatever the broken one has begun by then, or begins late, it takes away again.
    const started = await start(rows, { key });
    expect(started).toMatchObject({ total: 12_000, failed: 0 });
    await importEnded(stack, started.operationId);
    const left = await waitUntil(async () => ((await uploadsOfNoImport()) === 0 ? 'none' : undefined), {
      within: 60_000,
    });
    expect(left).toBe('none');
  }, 120_000);

  /** Begun uploads and staged rows; those of imports that are there are another matter. */
  async function uploadsOfNoImport(): Promise<number> {
    const [found] = await ask<{ count: number }>(
      `select count(*)::int as count
         from (select tenant_id, upload_id from "user".user_import_upload
               union select tenant_id, upload_id from "user".user_import_row) u
         where tenant_id = $1 and not exists (
           select from "user".user_import i where i.tenant_id = u.tenant_id and i.upload_id = u.upload_id)`,
      [acme.tenantId],
    );
    return found!.count;
  }

  test('a member may not import', async () => {
    const token = await stack.member(acme);
    expect((await stack.upload({ token }, { body: '{}' })).status).toBe(403);
  });

  test('an owner of whom the user service knows nothing is refused there', async () => {
    const stranger = { ...acme, token: (await stack.onboard()).token };
    const { importId } = await start(ndjson(addresses(1).map((email) => ({ email }))));
    expect((await stack.call('GET', `/v1/user-imports/${importId}`, stranger)).status).toBe(404);
  });
});

function* chunks(text: string): Generator<string> {
  for (let at = 0; at < Math.max(1, text.length); at += 65_536) yield text.slice(at, at + 65_536);
}

test("another tenant's import does not exist, whatever is asked of it", async () => {
  const bolt = await stack.onboard();
  const { importId, operationId } = await start(ndjson(addresses(1).map((email) => ({ email }))));
  await importEnded(stack, operationId);
  for (const [method, path] of [
    ['GET', ''],
    ['GET', '/failed-rows'],
    ['POST', '/retry'],
    ['POST', '/pause'],
    ['POST', '/resume'],
    ['POST', '/cancellation'],
  ] as const) {
    const foreign = await stack.call(method, `/v1/user-imports/${importId}${path}`, bolt);
    const unknown = await stack.call(method, `/v1/user-imports/${randomUUID()}${path}`, bolt);
    expect([path, foreign.status]).toEqual([path, 404]);
    expect({ ...foreign.json(), traceId: '' }).toEqual({ ...unknown.json(), traceId: '' });
  }
});

describe('an import under way', () => {
  const held = async (skip: number) => {
    stack.platform.faults.set({
      activity: 'importBatch',
      point: 'before-transaction',
      action: { kind: 'hang' },
      skip,
      times: 1,
    });
    const emails = addresses(15_000);
    const started = await start(ndjson(emails.map((email) => ({ email }))));
    await until(() => stack.platform.faults.fired()[0] === 1);
    return { emails, started };
  };
  const post = (started: Started, what: string) =>
    stack.call('POST', `/v1/user-imports/${started.importId}/${what}`, acme);

  test('pauses after the batch it is at, resumes, and can do neither when it has ended', async () => {
    const { started } = await held(1);
    expect((await post(started, 'pause')).status).toBe(202);
    await until(async () => (await show(started))['status'] === 'pausing');
    stack.platform.faults.set();
    await until(async () => (await show(started))['status'] === 'paused');
    expect(await show(started)).toMatchObject({ imported: 10_000, percentage: 66 });
    expect((await post(started, 'resume')).status).toBe(202);
    await importEnded(stack, started.operationId);
    expect(await show(started)).toMatchObject({ status: 'completed', imported: 15_000 });
    const late = await post(started, 'pause');
    expect([late.status, late.json()['code']]).toEqual([409, 'OperationClosed']);
  });

  test('is cancelled in the middle of a batch: what was imported stays, and the late batch does nothing', async () => {
    const { emails, started } = await held(1);
    expect((await post(started, 'cancellation')).status).toBe(202);
    await importEnded(stack, started.operationId);
    const operation = (await stack.call('GET', `/v1/operations/${started.operationId}`, acme)).json();
    expect(operation).toMatchObject({
      status: 'cancelled',
      result: { total: 15_000, processed: 5_000, imported: 5_000, failed: 0 },
      progress: { processed: 5_000, percentage: 33 },
      error: { type: 'Cancelled', message: expect.stringContaining('nothing is undone') },
    });
    // The attempt that hung goes on now, after the end.
    stack.platform.faults.set();
    const seen = () => stack.platform.log.filter((entry) => JSON.stringify(entry).includes('ImportClosed')).length;
    await until(() => seen() > 0);
    expect(await usersOf(emails)).toEqual({ users: 5_000, members: 5_000 });
    expect(await show(started)).toMatchObject({ status: 'cancelled', imported: 5_000 });
    expect((await post(started, 'cancellation')).status).toBe(202);
  });
});

test('a batch that fails for good is on record, the rest goes in, and a retry imports it', async () => {
  stack.platform.faults.set({
    activity: 'importBatch',
    point: 'in-transaction',
    action: { kind: 'failure', type: 'DatabaseRefused' },
    skip: 1,
    times: 1,
  });
  const emails = addresses(12_000);
  const started = await start(ndjson([...emails.map((email) => ({ email })), { email: 'wrong' }]));
  await importEnded(stack, started.operationId);
  expect(stack.platform.faults.fired()).toEqual([1]);
  expect(await show(started)).toMatchObject({ status: 'completed-with-errors', imported: 7_000, failed: 5_001 });
  const failed = await reasons(started);
  expect(failed.slice(0, 5_000)).toEqual(Array.from({ length: 5_000 }, (_, n) => [5_001 + n, 'BatchFailed']));
  expect(failed.at(-1)).toEqual([12_001, 'BadEmail']);
  expect(await usersOf(emails)).toEqual({ users: 7_000, members: 7_000 });

  const key = randomUUID();
  const path = `/v1/user-imports/${started.importId}/retry`;
  const again = (await stack.call('POST', path, { token: acme.token, key })).json<Started>();
  expect(again).toMatchObject({ total: 5_001, failed: 1 });
  await importEnded(stack, again.operationId);
  expect(await show(again)).toMatchObject({ status: 'completed-with-errors', imported: 5_000, failed: 1 });
  expect(await reasons(again)).toEqual([[12_001, 'BadEmail']]);
  expect(await usersOf(emails)).toEqual({ users: 12_000, members: 12_000 });
  expect((await stack.call('POST', path, { token: acme.token, key })).json()).toEqual(again);
});

test('an import that is reset to its beginning has no second effect', async () => {
  const emails = addresses(8_000);
  const started = await start(ndjson(emails.map((email) => ({ email }))));
  await importEnded(stack, started.operationId);
  const audited = () =>
    ask(
      `select step, outcome from "user".audit_pending where operation_id = $1
         union all select step, outcome from "user".audit where operation_id = $1 order by step`,
      [started.operationId],
    );
  const before = await audited();
  const { client } = stack.platform;
  const handle = client.workflow.getHandle(started.operationId);
  const { events } = await handle.fetchHistory();
  const { runId } = await handle.describe();
  const reset = await client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: started.operationId, runId },
    workflowTaskFinishEventId: events!.find((event) => event.workflowTaskCompletedEventAttributes)!.eventId!,
    reason: 'test',
    requestId: randomUUID(),
  });
  expect(reset.runId).not.toBe(runId);
  await importEnded(stack, started.operationId);
  expect(await audited()).toEqual(before);
  expect(await show(started)).toMatchObject({ status: 'completed', imported: 8_000, failed: 0 });
  expect(await usersOf(emails)).toEqual({ users: 8_000, members: 8_000 });
});

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 20_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error('what was waited for did not happen');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
