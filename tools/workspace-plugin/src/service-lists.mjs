// Written by files alone, under any Node >= 20 and without node_modules: every command calls this before it begins.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeList } from './write-list.mjs';

const WORKER = /^(.+)-worker$/;

/** The services of a workspace: `<name>` is one when there is `apps/<name>-worker/package.json`. Sorted. */
export function servicesIn(root) {
  return (
    readdirSync(join(root, 'apps'))
      .map((app) => WORKER.exec(app)?.[1])
      // What a removed one has left is ignored by git: a bundle, a generated client.
      .filter((name) => name !== undefined && existsSync(join(root, 'apps', `${name}-worker`, 'package.json')))
      .sort()
  );
}

/**
 * Writes the lists of services: their names for everybody, the services themselves for the tests, which run them all,
 * and their contracts for who has something to ask of each. A service is registered by being there.
 *
 * @param root the workspace
 */
export async function writeServiceLists(root) {
  const services = servicesIn(root);
  const head = '// Written anew by every command, from apps/*-worker.\n';
  const names = services.map((name) => `'${name}'`).join(', ');
  await writeList(
    join(root, 'libs/services/generated/services.ts'),
    `${head}export const SERVICES = [${names}] as const;\n`,
  );
  const exports = services.map((name) => `export { ${name}Service as ${name} } from '@adx/${name}-worker';\n`);
  await writeList(join(root, 'libs/testing/generated/services.ts'), `${head}${exports.join('')}`);
  const contracts = services.map((name) => `export { ${name}Contract as ${name} } from '@adx/${name}-contract';\n`);
  await writeList(join(root, 'libs/every-contract/generated/contracts.ts'), `${head}${contracts.join('')}`);
}
