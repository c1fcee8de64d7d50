import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, startInbox, startPostgres, startProcess, startTemporal } from '@adx/local-parts';
import type { LocalProcess } from '@adx/local-parts';
import { SERVICES } from '@adx/services';
import { readDeploymentFiles } from '../src/deployment-files.ts';
import type { DeploymentFiles } from '../src/deployment-files.ts';
import { placeTarget } from '../src/placed.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const PROJECTS = [
  'apps/gateway',
  ...SERVICES.map((service) => `apps/${service}-worker`),
  'apps/setup',
  'tools/dev-identity',
];

/** Only what a container would have: no condition that leads to sources. */
const BARE = { PATH: process.env['PATH'] ?? '' };

let files: DeploymentFiles;
let folder: string;
/** What compose would have put on its network, by `<service>:<port>`. */
let network: Readonly<Record<string, string>>;
const parts = new AsyncDisposableStack();

beforeAll(async () => {
  files = await readDeploymentFiles(root);
  for (const project of PROJECTS) run(['tools/workspace-plugin/src/build-app.mjs', project], root);
  folder = await mkdtemp(join(tmpdir(), 'adx-deployment-'));
  parts.defer(() => rm(folder, { recursive: true, force: true }));
  for (const target of files.targets) await placeTarget(root, target, join(folder, target.name));
  const postgres = await startPostgres({ dataDir: join(folder, 'postgres'), durable: false });
  parts.defer(() => postgres.stop());
  const temporal = await startTemporal({ binary: process.env['ADX_TEST_TEMPORAL_CLI']! });
  parts.defer(() => temporal.stop());
  const inbox = await startInbox();
  parts.defer(() => inbox.stop());
  const [gateway, identity, ...workers] = await freePorts(2 + SERVICES.length);
  network = {
    'postgres:5432': new URL(postgres.adminUrl).host,
    'temporal:7233': temporal.address,
    'inbox:1025': new URL(inbox.smtpUrl).host,
    ...Object.fromEntries(SERVICES.map((service, index) => [`${service}-worker:8090`, `127.0.0.1:${workers[index]}`])),
    'gateway:8080': `127.0.0.1:${gateway}`,
    'identity:8080': `127.0.0.1:${identity}`,
  };
  adminUrl = postgres.adminUrl;
  // Every app is built.
}, 180_000);
afterAll(() => parts.disposeAsync());

let adminUrl: string;

function run(args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = BARE): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  return stdout;
}

/** The environment that docker-compose.yml gives a service, with the addresses and folders of this machine. */
function environmentOf(service: string): Record<string, string> {
  const { environment = {}, volumes = [] } = files.compose.services[service]!;
  const mounted = volumes.map((volume) => volume.split(':')[1]!).find((path) => path === '/secrets');
  const secrets = join(folder, 'secrets');
  const here = (value: string) => {
    const addressed = Object.entries(network).reduce((text, [from, to]) => text.replaceAll(from, to), value);
    return addressed.replace(
      /^(file:)?\/(secrets|identity)(?=\/|$)/,
      (_path, kind: string | undefined, name: string) => {
        const place = name === 'identity' ? join(folder, 'dev-identity') : mounted ? join(secrets, service) : secrets;
        return `${kind ?? ''}${place}`;
      },
    );
  };
  const env = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, here(value)]));
  const port = Object.entries(network)
    .find(([name]) => name.startsWith(`${service}:`))?.[1]
    .split(':')[1];
  for (const name of Object.keys(env)) {
    if (name.endsWith('_HOST')) env[name] = '127.0.0.1';
    if (/_(HTTP|ADMIN|IDENTITY)?_?PORT$/.test(name) && port) env[name] = port;
  }
  return { ...BARE, ...env };
}

async function start(service: string, target = service): Promise<LocalProcess<boolean>> {
  const urls = service === 'identity' ? [] : [`--env-file=${join(folder, 'secrets', service, 'urls.env')}`];
  const started = await startProcess({
    name: service,
    command: process.execPath,
    args: ['--enable-source-maps', ...urls, 'dist/main.js'],
    cwd: join(folder, target),
    env: environmentOf(service),
    untilLine: (line) => (line.includes('"msg":"ready"') ? true : undefined),
    readyWithin: 60_000,
    stopWithin: 45_000,
  });
  parts.defer(async () => void (await started.stop()));
  return started;
}

test('a bundle imports nothing that an image has not', async () => {
  const { dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { dependencies: object };
  for (const project of PROJECTS) {
    const text = await readFile(join(root, project, 'dist', 'main.js'), 'utf8');
    const imported = [...text.matchAll(/^(?:import|\} from|import .* from) "([^"./][^"]*)";$/gm)].map(
      ([, name]) => name!,
    );
    const packages = imported
      .filter((name) => !name.startsWith('node:') && !builtinModules.includes(name))
      .map((name) => name.split('/', name.startsWith('@') ? 2 : 1).join('/'));
    expect(new Set(packages).size).toBeGreaterThan(0);
    expect([...new Set(packages)].filter((name) => !Object.hasOwn(dependencies, name))).toEqual([]);
  }
});

test('what docker-compose.yml runs comes up from the bundles, onboards a tenant, and ends when it is told to', async () => {
  run(['dist/main.js', 'secrets'], join(folder, 'setup'), environmentOf('secrets'));
  const urls = ['--env-file', join(folder, 'secrets', 'databases', 'urls.env')];
  // Its Postgres has a password already; in compose it takes the one that was made.
  const databases = {
    ...environmentOf('databases'),
    ADX_MIGRATIONS_FOLDER: 'services',
    ADX_ADMIN_DATABASE_URL: adminUrl,
  };
  const first = run([...urls, 'dist/main.js', 'databases'], join(folder, 'setup'), databases);
  expect(first).toContain('_kernel');
  const again = run([...urls, 'dist/main.js', 'databases'], join(folder, 'setup'), databases);
  const nothing = Object.fromEntries([...SERVICES, 'keys'].map((schema) => [schema, []]));
  expect(again).toContain(`"applied":${JSON.stringify(nothing)}`);

  const processes = [await start('identity', 'dev-identity')];
  const workers = SERVICES.map((service) => `${service}-worker`);
  for (const app of [...workers, 'gateway']) processes.push(await start(app));
  for (const address of [...workers.map((worker) => `${worker}:8090`), 'gateway:8080']) {
    const answer = await fetch(`http://${network[address]}/readyz`);
    expect([address, answer.status, await answer.text()]).toEqual([address, 200, expect.stringContaining('ready')]);
  }

  const token = run(['dist/main.js', 'token'], join(folder, 'dev-identity'), environmentOf('identity')).trim();
  const response = await fetch(`http://${network['gateway:8080']}/v1/tenants`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': 'from-the-bundles',
      prefer: 'wait=20',
    },
    body: JSON.stringify({ slug: 'acme', name: 'Acme', plan: 'team', ownerEmail: 'ada@acme.example' }),
  });
  expect(await response.json()).toMatchObject({ status: 'completed' });

  for (const one of processes.reverse()) {
    one.kill('SIGTERM');
    expect([one.name, await one.exited]).toEqual([one.name, { code: 0, signal: null }]);
  }
}, 180_000);
