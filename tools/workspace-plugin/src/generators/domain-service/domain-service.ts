import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { generateFiles } from '@nx/devkit';
import type { GeneratorCallback, Tree } from '@nx/devkit';
import { addActivity } from '../activity/activity.ts';
import { formatChanges } from '../edit/format.ts';
import { capitalize, plural, refuseReserved } from '../names.ts';
import { PLACES } from '../places/places.ts';
import { addRead } from '../read/read.ts';
import { addWorkflow } from '../workflow/workflow.ts';

interface Options {
  /** `billing` */
  readonly name: string;
  /** `account` */
  readonly resource?: string;
}

/** What has a schema, a scope or a folder of such a name already. */
const TAKEN = ['gateway', 'keys', 'kit', 'setup', 'shared'];

/** `nx g @adx/workspace-plugin:domain-service billing` */
export default async function domainServiceGenerator(tree: Tree, options: Options): Promise<GeneratorCallback> {
  const { name: service, resource = 'account' } = options;
  const there = [`apps/${service}-worker/package.json`, `libs/contracts/${service}/package.json`];
  if (TAKEN.includes(service) || there.some((file) => tree.exists(file))) {
    throw new Error(`the name "${service}" is taken; choose another one`);
  }
  refuseReserved(service);
  generateFiles(tree, join(import.meta.dirname, 'files'), '.', { service, Service: capitalize(service) });
  for (const place of PLACES) place.add(tree, service);
  addActivity(tree, { service, name: `open-${resource}` });
  addRead(tree, { service, name: `list-${plural(resource)}` });
  addWorkflow(tree, { service, name: `register-${resource}`, step: `open-${resource}` });
  await formatChanges(tree);
  return () => accept(tree.root, service);
}

/** What its first users build on is what it is today. The bootstrap links the new packages and lists their handlers. */
function accept(root: string, service: string): void {
  const command = ['tools/dev-stack/bootstrap.mjs', 'node', 'tools/contract-gate/src/cli.ts', 'accept', service];
  const { status } = spawnSync(process.execPath, command, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`the contract of ${service} was not accepted; see above, then do it by hand`);
}
