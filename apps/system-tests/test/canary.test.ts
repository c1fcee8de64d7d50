import { randomBytes, randomUUID } from 'node:crypto';
import { createOperations } from '@adx/operations';
import { decodeHistory } from '@adx/payload-codec';
import { SERVICES } from '@adx/services';
import { tenantContract } from '@adx/tenant-contract';
import { startTestPlatform } from '@adx/testing';
import type { TestPlatform } from '@adx/testing';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { stored } from './stored.ts';
import { openGateway } from './test-gateway.ts';
import type { TestGateway } from './test-gateway.ts';

// Every tenant's name, slug and addresses carry a word that is nowhere else. After everything that can happen to an
// onboarding, the word is where it belongs, and nowhere else.

let platform: TestPlatform;
let gateway: TestGateway;
beforeAll(async () => {
  platform = await startTestPlatform({ metrics: true });
  gateway = await openGateway(platform);
  for (const name of Object.keys(STORIES) as Story[]) tenants.push(await tell(name));
  tenants.push(await tell('succeeds'));
}, 240_000);
afterAll(async () => {
  await gateway?.close();
  await platform?.stop();
}, 60_000);

/** What happens to the onboarding of a tenant, and how it ends. */
const STORIES = {
  succeeds: 'completed',
  'fails at a declared error': 'compensated',
  'is undone after its effects': 'compensated',
  'is denied by the services': 'compensated',
  'waits for a person': 'needs-attention',
} as const;
type Story = keyof typeof STORIES;

interface Tenant {
  readonly story: Story;
  readonly canary: string;
  readonly tenantId: string;
  readonly operationId: string;
}
const tenants: Tenant[] = [];
/** Taken once, so that a second tenant that wants it is refused. */
const TAKEN = 'taken';

async function tell(story: Story): Promise<Tenant> {
  const canary = `canary${randomBytes(8).toString('hex')}`;
  const domain = story === 'is undone after its effects' || story === 'waits for a person' ? 'suppressed' : 'acme';
  const body = {
    slug: story === 'fails at a declared error' ? TAKEN : canary,
    name: `The ${canary}`,
    plan: 'team',
    ownerEmail: `${canary}@${domain}.example`,
  };
  if (story === 'waits for a person') {
    const action = { kind: 'failure', type: 'UndoImpossible' } as const;
    platform.faults.set({ activity: 'createOwner', mode: 'undo', point: 'in-transaction', action });
  }
  if (body.slug === TAKEN) await onboard({ ...body, name: 'First', ownerEmail: 'first@acme.example' });
  const operationId = story === 'is denied by the services' ? await startAsStranger(body) : await onboard(body);
  const { body: view } = await gateway.ask('GET', `/v1/operations/${operationId}`);
  expect([story, view['status']]).toEqual([story, STORIES[story]]);
  return { story, canary, tenantId: operationId.split(':')[0]!, operationId };
}

async function onboard(body: object): Promise<string> {
  const headers = { 'idempotency-key': randomUUID(), prefer: 'wait=60' };
  const { body: answer } = await gateway.ask('POST', '/v1/tenants', { body, headers });
  return answer['operationId'] as string;
}

/** The gateway lets only operators through: here somebody got past it, and the services say no. */
async function startAsStranger(body: object): Promise<string> {
  const tenantId = randomUUID();
  const { onboardTenant } = tenantContract.workflows;
  const principal = await platform.keys.signer.sign({ sub: 'a stranger', kind: 'user', tenantId, roles: ['member'] });
  const operations = createOperations({ client: platform.client, boundsScale: 0.05 });
  const { operationId } = await operations.start(onboardTenant, {
    input: onboardTenant.input.parse(body),
    tenantId,
    subject: 'a stranger',
    principal,
    idempotencyKey: randomUUID(),
  });
  expect(await platform.operations.ended(operationId, 60_000)).toBe(true);
  return operationId;
}

const SCHEMAS = [...SERVICES, 'keys'];

/** Every row of every table, as text, and whose it says it is. */
async function everyRow(): Promise<{ table: string; tenantId: string | undefined; text: string }[]> {
  const { rows: tables } = await platform.database.superuser.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
     where schemaname = any($1)`,
    [SCHEMAS],
  );
  expect(tables.length).toBeGreaterThan(20);
  const all = await Promise.all(
    tables.map(async ({ name }) => {
      const { rows } = await platform.database.superuser.query<{ row: Record<string, unknown> }>(
        `select to_jsonb(t) as row from ${name} t`,
      );
      return rows.map(({ row }) => ({
        table: name,
        tenantId: row['tenant_id'] as string | undefined,
        text: JSON.stringify(row),
      }));
    }),
  );
  return all.flat();
}

test('the words of a tenant are in its own rows, and in no row of another one', async () => {
  const rows = await everyRow();
  for (const { canary, tenantId, story } of tenants) {
    const found = rows.filter(({ text }) => text.includes(canary));
    expect(found.filter((row) => row.tenantId !== tenantId)).toEqual([]);
    if (story !== 'succeeds') continue;
    // The search finds what is there.
    const tables = found.map(({ table }) => table);
    expect(tables).toEqual(expect.arrayContaining(['tenant.tenant', '"user".app_user', 'tenant.step_ledger']));
  }
});

test('no audit row has them: it says who did what, not with what', async () => {
  const audit = (await everyRow()).filter(({ table }) => table.includes('audit'));
  expect(audit.length).toBeGreaterThan(20);
  expect(audit.filter(({ text }) => text.includes('canary'))).toEqual([]);
  for (const { tenantId } of tenants) expect(audit.some(({ text }) => text.includes(tenantId))).toBe(true);
});

test('no line that a worker or the gateway logged has them', () => {
  const lines = [...platform.log.map((line) => JSON.stringify(line)), ...gateway.log];
  expect(lines.length).toBeGreaterThan(50);
  expect(lines.filter((line) => line.includes('canary'))).toEqual([]);
  for (const { operationId } of tenants) expect(lines.some((line) => line.includes(operationId))).toBe(true);
});

test('nothing that Temporal stores has them in clear, and the decoded history has', async () => {
  for (const { operationId, canary } of tenants) {
    expect(await stored(platform.rawClient, operationId)).not.toContain('canary');
    const json = historyToJSON(await platform.rawClient.workflow.getHandle(operationId).fetchHistory());
    const clear = await decodeHistory(json, platform.encryption.codec);
    const inside = [...clear.matchAll(/"data": "([^"]+)"/g)].map(([, data]) => Buffer.from(data!, 'base64').toString());
    expect(inside.join('\n')).toContain(canary);
  }
});

test('no workflow id, search attribute or metric has them', async () => {
  const { executions } = await platform.rawClient.workflowService.listWorkflowExecutions({ namespace: 'default' });
  expect(executions!.length).toBeGreaterThanOrEqual(tenants.length);
  const attributes = executions!.flatMap(({ execution, searchAttributes }) => [
    execution!.workflowId!,
    ...Object.values(searchAttributes?.indexedFields ?? {}).map(({ data }) => Buffer.from(data!).toString()),
  ]);
  expect(attributes).toContain('"onboardTenant"');
  expect(attributes.filter((text) => text.includes('canary'))).toEqual([]);
  const metrics = await (await fetch(`${platform.adminUrl('tenant')}/metrics`)).text();
  expect(metrics).toContain('activity_duration_ms');
  expect(metrics).not.toContain('canary');
});

test('the owner of one tenant sees nothing of the others', async () => {
  const [mine] = tenants;
  for (const other of tenants.slice(1)) {
    const as = { role: 'owner', tenant: mine!.tenantId } as const;
    for (const path of [`/v1/operations/${other.operationId}`, `/v1/tenants/${other.tenantId}`]) {
      expect((await gateway.ask('GET', path, { as })).status).toBe(404);
    }
    const list = await gateway.ask('GET', '/v1/operations', { as });
    expect(JSON.stringify(list.body)).not.toContain(other.tenantId);
  }
  expect(platform.faults.fired()).toEqual([1]);
});
