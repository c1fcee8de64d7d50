import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { servicesIn, writeServiceLists } from '../src/service-lists.mjs';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'adx-services-'));
});
afterEach(() => rm(root, { recursive: true }));

async function addApp(name: string): Promise<void> {
  await mkdir(join(root, 'apps', name), { recursive: true });
  await writeFile(join(root, 'apps', name, 'package.json'), '{}');
}

test('a service is there when its worker is, and gone when its worker is', async () => {
  for (const app of ['tenant-worker', 'billing-worker', 'gateway']) await addApp(app);
  expect(servicesIn(root)).toEqual(['billing', 'tenant']);
  // What it has generated stays behind, as git ignores it.
  await rm(join(root, 'apps/billing-worker/package.json'));
  expect(servicesIn(root)).toEqual(['tenant']);
});

test('lists names for everybody, workers for the tests, and contracts', async () => {
  for (const app of ['tenant-worker', 'billing-worker']) await addApp(app);
  await writeServiceLists(root);
  const names = pathToFileURL(join(root, 'libs/services/generated/services.ts'));
  expect(await import(names.href)).toMatchObject({ SERVICES: ['billing', 'tenant'] });
  expect(await readFile(join(root, 'libs/testing/generated/services.ts'), 'utf8')).toContain(
    `export { billingService as billing } from '@adx/billing-worker';`,
  );
  expect(await readFile(join(root, 'libs/every-contract/generated/contracts.ts'), 'utf8')).toContain(
    `export { billingContract as billing } from '@adx/billing-contract';`,
  );
});
