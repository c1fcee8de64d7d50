import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Released } from '../src/released.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const TENANT = join('libs', 'contracts', 'tenant');

/** The command, as people and CI run it. */
function contracts(...args: readonly string[]) {
  const cli = join(root, 'tools', 'contract-gate', 'src', 'cli.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { cwd: root, encoding: 'utf8' });
  return { status, stdout, stderr };
}

/** A copy of the tenant contract; below the tree, so that it finds the packages. */
let copy: string;
beforeEach(async () => {
  await mkdir(join(root, '.cache'), { recursive: true });
  copy = await mkdtemp(join(root, '.cache', 'contracts-'));
  await cp(join(root, TENANT), join(copy, TENANT), { recursive: true, filter: (path) => !path.endsWith('dist') });
});
afterEach(() => rm(copy, { recursive: true, force: true }));

async function plant(file: string, from: string, to: string): Promise<void> {
  const path = join(copy, TENANT, 'src', file);
  const text = await readFile(path, 'utf8');
  if (!text.includes(from)) throw new Error(`${file} has no "${from}" any more: plant something else`);
  await writeFile(path, text.replace(from, to));
}

async function readReleased(): Promise<Released> {
  return JSON.parse(await readFile(join(copy, TENANT, 'released.json'), 'utf8')) as Released;
}

test('the contracts of this tree are compatible with what was released', () => {
  const { status, stdout } = contracts('check');
  expect(stdout).not.toContain('  - ');
  expect(status).toBe(0);
});

test('every contract of this tree has been accepted', () => {
  expect(contracts('check').stdout).not.toContain('not released yet');
});

test('refuses a planted required field, and names the field and the fix', async () => {
  await plant(
    'tenant.contract.ts',
    'name: TenantName, plan: Plan })',
    'name: TenantName, plan: Plan, region: z.string() })',
  );
  const { status, stdout } = contracts('check', '--root', copy);
  expect(status).toBe(1);
  expect(stdout).toContain(
    'tenant.activities.reserveTenant input.region: is required now, and callers of the last release and histories may be ' +
      'without it; make it optional, or give the activity a new name: reserveTenant2',
  );
});

test('refuses a planted removal and a narrowed enum at once, as JSON too', async () => {
  await plant('tenant.contract.ts', '  events: { tenantAccessChanged },\n', '');
  await plant('plan.ts', `'free', 'team', 'enterprise'`, `'free', 'team'`);
  const { status, stdout } = contracts('check', '--root', copy, '--json');
  expect(status).toBe(1);
  const { ok, refused } = JSON.parse(stdout) as {
    ok: boolean;
    refused: { entry: string; field: string; rule: string }[];
  };
  expect(ok).toBe(false);
  const named = refused.map(({ entry, field }) => `${entry} ${field}`.trim());
  expect(named).toContain('events.tenantAccessChanged');
  expect(named).toContain('workflows.onboardTenant input.plan');
  // An answer with fewer values is one that its readers know.
  expect(named).not.toContain('reads.getTenant output.plan');
});

test('accepts what is compatible, and nothing else without a reason', async () => {
  await plant(
    'seat.ts',
    'input: z.strictObject({ userId: UserId })',
    'input: z.strictObject({ userId: UserId, row: z.string().optional() })',
  );
  expect(contracts('accept', '--root', copy).status).toBe(0);
  expect(JSON.stringify((await readReleased()).activities['reserveSeat']!.input)).toContain('row');

  await plant('tenant.contract.ts', 'reads: { getTenant, ', 'reads: { ');
  const before = await readReleased();
  const refused = contracts('accept', '--root', copy);
  expect(refused.status).toBe(1);
  expect(refused.stdout).toContain('tenant.reads.getTenant: is gone');
  expect(await readReleased()).toEqual(before);

  expect(contracts('accept', '--root', copy, '--because', 'no gateway asks for it since 2.0').status).toBe(0);
  expect((await readReleased()).exceptions).toEqual([
    { change: 'tenant.reads.getTenant: is gone', because: 'no gateway asks for it since 2.0' },
  ]);
  expect(contracts('check', '--root', copy).status).toBe(0);
});

test('a contract that was never released has nothing to be compatible with', async () => {
  await rm(join(copy, TENANT, 'released.json'));
  const { status, stdout } = contracts('check', '--root', copy);
  expect(stdout).toContain('not released yet');
  expect(status).toBe(0);
});
