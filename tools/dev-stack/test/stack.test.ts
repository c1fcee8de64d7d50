import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRunning, issueToken, removePostgres, waitUntil } from '@adx/local-parts';
import { SERVICES } from '@adx/services';
import { askControl, serveControl } from '../src/control.ts';
import type { PartStatus } from '../src/control.ts';
import { keys } from '../src/keys.command.ts';
import { readStackFile } from '../src/stack-file.ts';
import { startStack } from '../src/stack.ts';
import type { Stack, StackEvent } from '../src/stack.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const PARTS = [
  'postgres',
  'temporal',
  'mail-and-tokens',
  ...SERVICES.map((name) => `${name}-worker`),
  'codec-server',
  'gateway',
];
const START_MS = 180_000;

let folder: string;
let stack: Stack;
const events: StackEvent[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adx-stack-'));
  stack = await startStack({ root, folder, ports: 'free', onEvent: (event) => events.push(event) });
}, START_MS);

afterAll(async () => {
  await stack?.stop();
  await removePostgres(join(folder, 'postgres'));
  await rm(folder, { recursive: true, force: true });
}, START_MS);

/** Waits until the gateway says that it reaches everything that it needs. */
async function ready(): Promise<boolean> {
  const look = async () => (await fetch(`${stack.addresses.gateway}/readyz`).catch(() => undefined))?.ok || undefined;
  return (await waitUntil(look, { within: 30_000 })) ?? false;
}

/** The exit code of a command, and the one JSON document that it printed. */
async function outputOf(command: () => Promise<number>): Promise<{ readonly code: number; readonly said: unknown }> {
  const written: string[] = [];
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (text: string | Uint8Array) => written.push(String(text)) > 0;
  try {
    const code = await command();
    return { code, said: written.length > 0 ? JSON.parse(written.join('')) : undefined };
  } finally {
    process.stdout.write = write;
  }
}

const diedParts = () => events.flatMap((event) => (event.kind === 'died' ? [event.part] : [])).sort();

describe('the dev stack', () => {
  test('brings up every part, and is ready through its gateway', async () => {
    expect(stack.parts().map(({ name }) => name)).toEqual(PARTS);
    expect(stack.parts().every((part) => part.state().running)).toBe(true);
    expect(await ready()).toBe(true);
  });

  test('has every process on record, in a file for its owner alone', async () => {
    const file = (await readStackFile(folder))!;
    expect(Object.keys(file.parts)).toEqual(PARTS);
    expect(Object.values(file.parts).every(isRunning)).toBe(true);
    expect((await stat(join(folder, 'stack.json'))).mode & 0o777).toBe(0o600);
  });

  test('has a codec server that answers operators alone, for the UI of this stack', async () => {
    const { codec, temporalUi } = stack.addresses;
    const decode = (headers: Record<string, string>) =>
      fetch(`${codec}/decode`, { method: 'POST', headers, body: JSON.stringify({ payloads: [] }) });
    const authorization = `Bearer ${await issueToken(stack.issuer, { role: 'operator' })}`;
    expect((await decode({})).status).toBe(401);
    expect((await decode({ authorization, origin: 'http://evil.example' })).status).toBe(403);
    const answer = await decode({ authorization, origin: temporalUi });
    expect([answer.status, await answer.json()]).toEqual([200, { payloads: [] }]);
  });

  test(
    'shows, rotates and destroys the keys of a tenant, and says afterwards what is still known of it',
    async () => {
      const { gateway } = stack.addresses;
      const authorization = `Bearer ${await issueToken(stack.issuer, { role: 'operator' })}`;
      const body = { slug: 'acme', name: 'Acme', plan: 'team', ownerEmail: 'ada@acme.example' };
      const headers = {
        authorization,
        'content-type': 'application/json',
        prefer: 'wait=30',
        'idempotency-key': 'the-first-tenant',
      };
      const onboarded = await fetch(`${gateway}/v1/tenants`, { method: 'POST', headers, body: JSON.stringify(body) });
      const { operationId, tenantId } = (await onboarded.json()) as { operationId: string; tenantId: string };

      const ask = (action: string, tenant?: string) =>
        outputOf(() => keys(folder, { action, yes: true, json: true, ...(tenant ? { tenant } : {}) }));
      expect(await ask('rotate', tenantId)).toMatchObject({ code: 0, said: { tenantId, version: 2 } });
      // Beside the platform's own, with which what belongs to no tenant is encrypted.
      const versions = [1, 2].map((version) => expect.objectContaining({ version }) as object);
      expect(await ask('list')).toMatchObject({
        code: 0,
        said: { tenants: expect.arrayContaining([expect.objectContaining({ tenantId, versions })]) as object[] },
      });
      expect(await ask('destroy', '00000000-0000-0000-0000-000000000000')).toMatchObject({ code: 2 });
      expect(await ask('destroy', '3f0c9a52-6c1e-4c35-9d0b-2a2f1b1f6a10')).toMatchObject({ code: 1 });
      expect(await ask('destroy')).toMatchObject({ code: 2 });
      expect(await ask('destroy', tenantId)).toMatchObject({
        code: 0,
        said: { tenantId, destroyed: 2, notice: expect.stringContaining('backup') },
      });
      expect(await ask('rotate', tenantId)).toMatchObject({ code: 1 });

      // Another process than the one that remembers the key.
      await stack.part('gateway').stop();
      await stack.part('gateway').start();
      const shown = await fetch(`${gateway}/v1/operations/${operationId}`, { headers: { authorization } });
      expect([shown.status, await shown.json()]).toEqual([
        200,
        expect.objectContaining({ status: 'completed', stale: true, steps: [] }),
      ]);
    },
    START_MS,
  );

  test(
    'names parts that were killed, keeps the rest up, and is whole again after a revival',
    async () => {
      const killed = ['mail-and-tokens', 'postgres', 'temporal', 'user-worker'];
      const gatewayPid = stack.part('gateway').state().pid;
      for (const name of killed) stack.part(name).kill('SIGKILL');
      await waitUntil(() => (diedParts().length >= killed.length ? true : undefined), { within: 10_000 });
      expect(diedParts()).toEqual(killed);

      expect([...(await stack.revive())].sort()).toEqual(killed);
      expect(stack.part('gateway').state().pid).toBe(gatewayPid);
      expect(await ready()).toBe(true);
      expect(await stack.revive()).toEqual([]);
    },
    START_MS,
  );

  test('is managed by those only who can read its file', async () => {
    let asked = 0;
    const control = await serveControl(stack, () => (asked += 1));
    await stack.record(control.url);
    const file = (await readStackFile(folder))!;
    expect(file.ready).toBe(true);
    expect((await askControl<PartStatus[]>(file, 'GET /status'))!.map(({ name }) => name)).toEqual(PARTS);

    const stranger = { ...file, secrets: { ...file.secrets, controlToken: 'guessed' } };
    expect(await askControl(stranger, 'POST /stop')).toBeUndefined();
    expect(asked).toBe(0);
    await control.close();
  });

  test(
    'leaves no process and no record behind when it stops',
    async () => {
      const { parts } = (await readStackFile(folder))!;
      await stack.stop();
      expect(Object.entries(parts).filter(([, identity]) => isRunning(identity))).toEqual([]);
      expect(await readStackFile(folder)).toBeUndefined();
    },
    START_MS,
  );
});

test(
  'a stack that is given up while it starts leaves no process behind',
  async () => {
    const own = await mkdtemp(join(tmpdir(), 'adx-stack-'));
    const giveUp = new AbortController();
    const started = startStack({ root, folder: own, ports: 'free', signal: giveUp.signal }).then(
      () => 'up',
      () => 'given up',
    );
    // At the first process, which is long before the first part is ready.
    const file = await waitUntil(
      async () => {
        const found = await readStackFile(own);
        return found && Object.keys(found.parts).length > 0 ? found : undefined;
      },
      { within: 60_000 },
    );
    giveUp.abort();
    expect(await started).toBe('given up');
    expect(Object.values(file!.parts).filter(isRunning)).toEqual([]);
    expect(await readStackFile(own)).toBeUndefined();
    await removePostgres(join(own, 'postgres'));
    await rm(own, { recursive: true, force: true });
  },
  START_MS,
);
