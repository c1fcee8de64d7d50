import { existsSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflows } from '../src/index.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const HERE = 'libs/workflow-bundle/test';

/** All that a bundle may hold. Whatever is missing here is in the memory of every cached workflow: think first. */
const ALLOWED = [
  /^apps\/[a-z-]+\/src\/workflows\//,
  /^libs\/(contracts\/[a-z-]+|every-contract|workflow-patterns|services)\/src\//,
  /^libs\/(services\/generated\/services|every-contract\/generated\/contracts)\.ts$/,
  /^libs\/workflow-bundle\/src\/schema-stub\.cjs$/,
  /^libs\/payload-codec\/src\/failure-converter\.cjs$/,
  /^node_modules\/(@temporalio\/(common|workflow)|long|ms|nexus-rpc)\//,
];

const appsWithWorkflows = readdirSync(join(ROOT, 'apps'))
  .map((app) => `apps/${app}/src/workflows/index.ts`)
  .filter((file) => existsSync(join(ROOT, file)));

async function bundle(file: string) {
  const { code, modules } = await bundleWorkflows({ workflowsPath: join(ROOT, file) });
  const paths = modules.map((module) => relative(ROOT, module).split(sep).join('/'));
  return { code, paths, outsiders: paths.filter((path) => !ALLOWED.some((allowed) => allowed.test(path))) };
}

describe('the bundle of every app', () => {
  test('there are apps with workflows', () =>
    expect(appsWithWorkflows).toContain('apps/tenant-worker/src/workflows/index.ts'));

  test.each(appsWithWorkflows)('%s holds nothing but workflow code', async (file) => {
    const { code, paths, outsiders } = await bundle(file);
    expect(outsiders).toEqual([]);
    expect(paths).toContain('libs/contracts/kit/src/contract.ts');
    expect(code).not.toMatch(/node_modules\/zod|ZodError/);
    // Evaluated once for all processes, or for each of them anew.
    const shared = /preloadModules = function preloadModules\(\) \{(.+?)\n\}/s.exec(code)![1]!;
    for (const library of ['contracts/kit', 'contracts/tenant', 'workflow-patterns']) {
      expect(shared).toContain(`"./libs/${library}/src/index.ts"`);
    }
    expect(shared).not.toContain('./apps/');
  });
});

test('a workflow that imports a contract gets the stub in place of the schema library', async () => {
  const { code, paths } = await bundle(`${HERE}/tiny/workflows.ts`);
  expect(paths).toEqual(
    expect.arrayContaining([`${HERE}/tiny/tiny.contract.ts`, 'libs/workflow-bundle/src/schema-stub.cjs']),
  );
  expect(paths.filter((path) => path.includes('/zod/'))).toEqual([]);
  // Measured at 1.6 MB; 4.3 MB with the library in it.
  expect(code.length).toBeLessThan(2_500_000);
});

test('a module that does not belong into the sandbox is on the list', async () => {
  const { outsiders } = await bundle(`${HERE}/stray/outsider.ts`);
  expect(outsiders).toContainEqual(expect.stringMatching(/^node_modules\/uuid\//));
});

test('an entry point of the schema library that the stub does not stand in for fails the build', async () => {
  await expect(bundle(`${HERE}/stray/unknown-entry-point.ts`)).rejects.toThrow(/zod\/locales/);
});
