import { randomUUID } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { copyWorkspace } from './workspace-copy.ts';
import type { WorkspaceCopy } from './workspace-copy.ts';

// What docs/how-to/add-a-domain-service.md says, in a copy of this workspace: a service is generated, passes everything
// that a merge asks for without an edit, runs on the dev stack over HTTP, and is taken away again.

let copy: WorkspaceCopy;
beforeAll(async () => {
  copy = await copyWorkspace(join(import.meta.dirname, '..', '..', '..'));
});
afterAll(() => copy?.remove());

test('a service is generated, and more is added to it', () => {
  copy.run('generate', 'domain-service', 'billing');
  copy.run('generate', 'activity', 'billing', 'issue-credit-note');
  copy.run('generate', 'read', 'billing', 'get-credit-note');
  copy.run('generate', 'read', 'billing', 'list-credit-notes');
  copy.run('generate', 'workflow', 'billing', 'send-credit-note', '--step', 'issue-credit-note');
  expect(copy.differences()).toContain('libs/contracts/billing/released.json');
});

test.each([
  ['types', ['nx', 'run', 'adx-core:typecheck']],
  ['lint', ['nx', 'run', 'adx-core:lint']],
  ['format', ['prettier', '--check', '--log-level', 'warn', '.']],
  ['manifests', ['node', 'tools/deployment/src/cli.ts', 'check']],
  ['contracts', ['node', 'tools/contract-gate/src/cli.ts', 'check']],
])('%s are as they have to be', (_what, command) => {
  expect(() => copy.run(...command)).not.toThrow();
});

test('its tests pass, and those that look at every service', () => {
  const its = ['apps/system-tests/test/billing', 'apps/system-tests/test/lost-commit'];
  const ofAll = [
    'apps/gateway/test',
    'apps/setup/test',
    'libs/persistence/test/(catalogue|migrate|row-security)',
    'libs/workflow-bundle/test',
    'tools/contract-gate/test',
    'tools/deployment/test',
    'tools/dev-stack/test/(tour|stack)\\.',
    'tools/workspace-plugin/test/',
  ];
  expect(() => copy.run('test', ...its, ...ofAll)).not.toThrow();
});

test('its saga is started over HTTP, on the dev stack', async () => {
  copy.run('start', '--detach');
  try {
    const stack = JSON.parse(await readFile(join(copy.root, '.adx/stack.json'), 'utf8')) as {
      addresses: { gateway: string };
    };
    const send = async (method: string, path: string, token: string, body?: object) => {
      const response = await fetch(`${stack.addresses.gateway}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token.trim()}`,
          'content-type': 'application/json',
          'idempotency-key': randomUUID(),
          prefer: 'wait=30',
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      return { status: response.status, body: (await response.json()) as Record<string, never> };
    };
    const acme = { slug: 'acme', name: 'Acme', plan: 'team', ownerEmail: 'ada@acme.example' };
    const onboarded = await send('POST', '/v1/tenants', copy.run('token', '--role', 'operator'), acme);
    const { tenantId, ownerId } = onboarded.body['result'] as unknown as { tenantId: string; ownerId: string };
    const owner = copy.run('token', '--role', 'owner', '--tenant', tenantId, '--sub', ownerId);

    const made = await send('POST', '/v1/billing/accounts', owner, { name: 'main', memberId: ownerId });
    expect(made).toMatchObject({ status: 200, body: { status: 'completed', type: 'registerAccount' } });
    const untold = await send('POST', '/v1/billing/accounts', owner, { name: 'other', memberId: randomUUID() });
    expect(untold).toMatchObject({ status: 409, body: { code: 'notification.RecipientUnknown' } });
    const { body: list } = await send('GET', '/v1/billing/accounts', owner);
    expect(list).toMatchObject({ accounts: [{ name: 'main' }] });
  } finally {
    copy.run('reset', '--yes');
  }
});

test('taken away, it leaves no difference', async () => {
  copy.run('generate', 'remove-service', 'billing');
  expect(copy.differences()).toBe('');
  // Every command links what there is, and nothing else.
  copy.run('node', '--version');
  expect(await readdir(join(copy.root, 'node_modules/@adx'))).not.toContainEqual(expect.stringMatching(/^billing/));
  expect(await readdir(join(copy.root, 'apps'))).not.toContain('billing-worker');
});
