import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issueToken, removePostgres, waitUntil } from '@adx/local-parts';
import { SERVICES } from '@adx/services';
import { createEvidence } from '../src/demo/evidence.ts';
import type { Evidence } from '../src/demo/evidence.ts';
import { createGatewayClient } from '../src/demo/gateway-client.ts';
import type { GatewayClient } from '../src/demo/gateway-client.ts';
import { startStack } from '../src/stack.ts';
import type { Stack } from '../src/stack.ts';

// Whatever part is killed in the middle of an onboarding: when it is back, the onboarding goes on where it was.

const ROOT = join(import.meta.dirname, '..', '..', '..');

let folder: string;
let stack: Stack;
let gateway: GatewayClient;
let evidence: Evidence;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adx-killed-'));
  stack = await startStack({ root: ROOT, folder, ports: 'free' });
  gateway = createGatewayClient(stack.addresses.gateway, await issueToken(stack.issuer, { role: 'operator' }));
  evidence = createEvidence(stack.postgresUrl);
}, 120_000);
afterAll(async () => {
  await evidence?.close();
  await stack?.stop();
  await removePostgres(join(folder, 'postgres'));
  await rm(folder, { recursive: true, force: true });
}, 120_000);

test.each([
  'postgres',
  'temporal',
  'mail-and-tokens',
  ...SERVICES.map((name) => `${name}-worker`),
  'codec-server',
  'gateway',
])(
  'an onboarding outlives a kill -9 of %s',
  async (name) => {
    const before = await evidence.counts();
    const { status, body } = await gateway.post('/v1/tenants', {
      slug: `killed-${name}`,
      name,
      ownerEmail: `ada-${name}@acme.example`,
    });
    expect(status).toBe(202);
    const part = stack.part(name);
    part.kill('SIGKILL');
    expect(await waitUntil(() => (part.state().running ? undefined : true), { within: 10_000 })).toBe(true);
    expect(await stack.revive()).toEqual([name]);

    const operationId = String(body['operationId']);
    const operation = await gateway.until(operationId, ({ closedAt }) => closedAt !== undefined, 60_000);
    expect(operation.status).toBe('completed');
    const ledger = await evidence.ledger(operationId);
    expect(ledger.map(({ state }) => state)).toEqual(['done', 'done', 'done', 'done', 'done']);
    expect(await evidence.counts()).toEqual({
      tenants: before.tenants + 1,
      users: before.users + 1,
      channels: before.channels + 1,
    });
  },
  120_000,
);
