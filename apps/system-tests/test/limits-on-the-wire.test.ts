import { randomUUID } from 'node:crypto';
import { formatOperationId } from '@adx/contract-kit';
import type { Json } from '@adx/contract-kit';
import { startWireProxy } from '@adx/local-parts';
import type { WireProxy } from '@adx/local-parts';
import { connectTestServices, startTestDirectories } from '@adx/testing';
import type { ConnectedServices, TestDirectories } from '@adx/testing';
import { MockActivityEnvironment } from '@temporalio/testing';

// What breaker and limiter cost an activity of a real service, by the statements on its way to Postgres. One attempt runs
// at a time, so that what passes between BEGIN and COMMIT passes while its transaction is open.

let proxy: WireProxy;
let directories: TestDirectories;
let parts: ConnectedServices;
let owner: string;
let directoryId: string;
const tenantId = randomUUID();

beforeAll(async () => {
  proxy = await startWireProxy(Number(new URL(process.env['ADX_TEST_POSTGRES_URL']!).port));
  directories = await startTestDirectories();
  parts = await connectTestServices({ postgresPort: proxy.port, env: directories.env });
  const { superuser } = parts.database;
  await superuser.query(`insert into "user".access_tenant (tenant_id, status) values ($1, 'active')`, [tenantId]);
  await superuser.query(`insert into "user".access_member (tenant_id, subject, roles) values ($1, 'ada', '{owner}')`, [
    tenantId,
  ]);
  await superuser.query(
    `insert into "user".app_user (tenant_id, user_id, email, role) values ($1, $2, 'ada@acme.example', 'owner')`,
    [tenantId, randomUUID()],
  );
  owner = await parts.keys.signer.sign({ sub: 'ada', kind: 'user', tenantId, roles: [] });
  const page = [{ email: 'eve@acme.example', role: 'member' }];
  ({ directoryId } = await directories.list(parts.database, tenantId, [page, page]));
});
afterAll(async () => {
  await parts?.stop();
  await directories?.stop();
  await proxy?.close();
});

/** Runs one attempt. @returns the statements it sent, by what they are to it */
async function statementsOf(activity: string, input: Json): Promise<string[]> {
  const operationId = formatOperationId({ tenantId, workflowType: 'wire', key: randomUUID() });
  const call = { operationId, principal: owner, executionKey: `${operationId}/run`, step: activity };
  const before = proxy.statements().length;
  await new MockActivityEnvironment().run(parts.services.user.activities[activity]!, input, call);
  // A relay is woken whenever it suits, for many attempts at once.
  return proxy
    .statements()
    .slice(before)
    .map(kindOf)
    .filter((kind) => kind !== 'pg_notify');
}

function kindOf(text: string): string {
  const kernel =
    /\b(begin_step|start_step|begin_read|finish_step|take_permits|breaker_permit|breaker_report|pg_notify)\b/.exec(
      text,
    );
  if (kernel) return kernel[1]!;
  return /^(begin|commit|rollback)$/i.test(text) ? text.toLowerCase() : 'own';
}

const addUser = () => statementsOf('addUser', { email: `${randomUUID()}@acme.example`, role: 'member' });
const syncPage = (page: number) => statementsOf('syncDirectoryPage', { directoryId, page });
const countOf = (kind: string, statements: readonly string[]) => statements.filter((one) => one === kind).length;

/** Those that went out while a transaction was open. */
function within(statements: readonly string[]): string[] {
  let open = false;
  return statements.filter((kind) => {
    if (kind === 'begin') open = true;
    if (kind === 'commit' || kind === 'rollback') open = false;
    return open;
  });
}

test('an attempt with a permit at hand and no call to make sends its transaction and nothing besides', async () => {
  await addUser();
  const statements = await addUser();
  expect(statements.slice(0, 2)).toEqual(['begin', 'begin_step']);
  expect(statements.slice(-2)).toEqual(['finish_step', 'commit']);
  expect(new Set(statements.slice(2, -2))).toEqual(new Set(['own']));
});

test('permits are leased in blocks, before the transaction', async () => {
  const attempts: string[][] = [];
  for (let n = 0; n < 120; n += 1) attempts.push(await addUser());
  const statements = attempts.flat();
  const leases = countOf('take_permits', statements);
  // Blocks hold 50; the three scopes of an attempt are leased together, and refilled when half of one is left.
  expect(leases).toBeGreaterThanOrEqual(2);
  expect(leases).toBeLessThanOrEqual(6);
  expect(countOf('begin', statements)).toBe(120);
  expect(within(statements)).not.toContain('take_permits');
});

test('the breaker is asked between the two transactions of a call', async () => {
  const statements = await syncPage(1);
  expect(countOf('begin', statements)).toBe(2);
  const between = statements.slice(statements.indexOf('commit') + 1, statements.lastIndexOf('begin'));
  expect(between).toEqual(['breaker_permit']);
  expect(within(statements)).not.toContain('breaker_permit');
});

test('the breaker is asked once a second at most, whatever the number of calls', async () => {
  const began = performance.now();
  let asked = 0;
  for (let n = 0; n < 20; n += 1) asked += countOf('breaker_permit', await syncPage(2));
  expect(asked).toBeLessThanOrEqual(1 + Math.ceil((performance.now() - began) / 1_000));
});
