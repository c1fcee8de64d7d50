import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const BOUNDARIES = '@nx/enforce-module-boundaries';
const SANDBOX = 'adx/sandbox-imports';
const CONTRACT = 'libs/contracts/tenant/src/tenant.contract.ts';
const SAGA = 'apps/tenant-worker/src/workflows/onboard-tenant.saga.ts';
const PATTERN = 'libs/workflow-patterns/src/saga/saga.ts';
const ACTIVITY = 'apps/user-worker/src/activities/create-owner.activity.ts';

/** What each sample breaks. Each stands in a file that exists: the typed rules want the file's own project. */
const CASES: readonly (readonly [name: string, file: string, text: string, rules: readonly string[]])[] = [
  ['lets a saga import a contract', SAGA, "export { userContract } from '@adx/user-contract';\n", []],
  ['lets a saga import a neighbour', SAGA, "export { onboardTenant } from './index.ts';\n", []],
  [
    'lets a pattern name the types of schemas',
    PATTERN,
    "import type { z } from 'zod';\nexport type A = z.ZodType;\n",
    [],
  ],
  ['lets an app import a kit', ACTIVITY, "export { createLogger } from '@adx/telemetry';\n", []],
  ['lets main read the environment', 'apps/user-worker/src/main.ts', 'export const { env } = process;\n', []],

  ['keeps schemas out of a saga', SAGA, "export { z } from 'zod';\n", [SANDBOX]],
  ['keeps Node out of a saga', SAGA, "export { randomUUID } from 'node:crypto';\n", [SANDBOX]],
  ['keeps activities out of a saga', SAGA, "export { activities } from '../activities/index.ts';\n", [SANDBOX]],
  ['keeps adapters out of a pattern', PATTERN, "export { Pool } from 'pg';\n", [SANDBOX]],
  ['sees an import() of a saga', SAGA, "export const later = import('node:fs');\n", [SANDBOX]],
  ['sees an import() whose name is computed', SAGA, 'export const a = (b: string): unknown => import(b);\n', [SANDBOX]],

  ['keeps kits out of a contract', CONTRACT, "export { createLogger } from '@adx/telemetry';\n", [BOUNDARIES]],
  ['keeps a service out of another', ACTIVITY, "export { tenantService } from '@adx/tenant-worker';\n", [BOUNDARIES]],
  [
    'keeps a service out of a kit',
    'libs/telemetry/src/logger.ts',
    "export { userService } from '@adx/user-worker';\n",
    [BOUNDARIES],
  ],
  ['keeps tests out of an app', ACTIVITY, "export { createTestKeys } from '@adx/testing';\n", [BOUNDARIES]],
  [
    'keeps tools out of everything',
    'libs/testing/src/fault-plan.ts',
    "export { demo } from '@adx/dev-stack';\n",
    [BOUNDARIES],
  ],
  [
    'keeps Node out of what the sandbox holds',
    PATTERN,
    "export { createLogger } from '@adx/telemetry';\n",
    [BOUNDARIES, SANDBOX],
  ],

  [
    'asks for every promise to be awaited',
    ACTIVITY,
    'Promise.resolve(1);\n',
    ['@typescript-eslint/no-floating-promises'],
  ],
  ['keeps the environment to one place', ACTIVITY, 'export const { env } = process;\n', ['no-restricted-properties']],
  ['asks for exports by name', ACTIVITY, "export * from '../domain/nothing.ts';\n", ['no-restricted-syntax']],
  [
    'refuses a suppression of nothing',
    ACTIVITY,
    '// eslint-disable-next-line eqeqeq\nexport const a = 1;\n',
    ['unused suppression'],
  ],
];

let found: readonly (readonly string[])[];
beforeAll(() => {
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  const samples = CASES.map(([, file, text]) => ({ file, text }));
  const run = spawnSync(process.execPath, [fileURLToPath(new URL('./lint/lint-samples.mjs', import.meta.url))], {
    cwd: root,
    input: JSON.stringify(samples),
    encoding: 'utf8',
    env: { ...process.env, NX_DAEMON: 'false' },
  });
  if (run.status !== 0) throw new Error(run.stderr);
  found = JSON.parse(run.stdout) as readonly (readonly string[])[];
});

test.each(CASES.map(([name, , , rules], index) => ({ name, rules, index })))('$name', ({ rules, index }) => {
  expect([...found[index]!].sort()).toEqual([...rules].sort());
});
