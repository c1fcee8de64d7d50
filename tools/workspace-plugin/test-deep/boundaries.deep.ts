import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const CONTRACT = 'libs/contracts/tenant/src/tenant.contract.ts';
const KIT = 'libs/workflow-bundle/src/bundle-workflows.ts';
const DATA = 'libs/persistence/src/migrate.ts';
const APP = 'apps/gateway/src/app.ts';
const TESTING = 'libs/local-parts/src/inbox.ts';
const PATTERN = 'libs/workflow-patterns/src/saga/saga.ts';

/**
 * Each import breaks one constraint, and none makes a cycle: the rule looks for cycles first, and would be red with the
 * constraint gone. `tag` is the one whose constraint has to be the answer.
 */
const CASES: readonly (readonly [name: string, file: string, imported: string, tag: string | undefined])[] = [
  ['a kit may not import data', KIT, '@adx/persistence', 'type:kit'],
  ['a contract may not import a kit', CONTRACT, '@adx/telemetry', 'type:contract'],
  ['data may not import a testing library', DATA, '@adx/local-parts', 'type:data'],
  ['an app may not import a testing library', APP, '@adx/local-parts', 'type:app'],
  ['a testing library may not import a tool', TESTING, '@adx/workspace-plugin', 'type:testing'],
  ['an app may not import an app of another service', APP, '@adx/tenant-worker', 'scope:gateway'],
  ['a kit may not import an app', KIT, '@adx/tenant-worker', 'scope:shared'],
  ['sandbox code may not import what needs Node', PATTERN, '@adx/telemetry', 'runtime:workflow'],
  ['an app may import a kit', APP, '@adx/operations', undefined],
  ['an app may import the contract of another service', APP, '@adx/user-contract', undefined],
];

let found: readonly (readonly string[])[];
beforeAll(() => {
  const samples = CASES.map(([, file, imported]) => ({ file, text: `export { anything } from '${imported}';\n` }));
  const run = spawnSync(process.execPath, [fileURLToPath(new URL('./lint/boundary-messages.mjs', import.meta.url))], {
    cwd: fileURLToPath(new URL('../../../', import.meta.url)),
    input: JSON.stringify(samples),
    encoding: 'utf8',
    env: { ...process.env, NX_DAEMON: 'false' },
  });
  if (run.status !== 0) throw new Error(run.stderr);
  found = JSON.parse(run.stdout) as readonly (readonly string[])[];
});

test.each(CASES.map(([name, , , tag], index) => ({ name, tag, index })))('$name', ({ tag, index }) => {
  const messages = found[index]!;
  if (tag === undefined) {
    expect(messages).toEqual([]);
    return;
  }
  expect(messages).toHaveLength(1);
  expect(messages[0]).toContain('can only depend on libs tagged with');
  expect(messages[0]!.split('can only depend')[0]).toContain(`"${tag}"`);
});
