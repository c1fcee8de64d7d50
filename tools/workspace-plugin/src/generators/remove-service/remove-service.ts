import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { GeneratorCallback, Tree } from '@nx/devkit';
import { formatChanges } from '../edit/format.ts';
import { dependantsOf } from '../edit/json-files.ts';
import { DEPENDANTS } from '../places/packages.ts';
import { PLACES } from '../places/places.ts';

interface Options {
  /** `billing` */
  readonly name: string;
}

const foldersOf = (service: string) => [
  `apps/${service}-worker`,
  `apps/system-tests/test/${service}`,
  `k8s/base/${service}-worker`,
  `libs/contracts/${service}`,
];

/** Where files of all services are, those of one by the beginning of their names. */
const SHARED = [
  'apps/gateway/src/routes',
  'apps/system-tests/test/lost-commit',
  'tools/dev-stack/histories',
  'tools/dev-stack/src/demo/tour',
];

/** `nx g @adx/workspace-plugin:remove-service billing`: the inverse of domain-service. Data in databases stays. */
export default async function removeServiceGenerator(tree: Tree, { name }: Options): Promise<GeneratorCallback> {
  const folders = foldersOf(name);
  if (!tree.exists(`apps/${name}-worker/package.json`)) throw new Error(`there is no service "${name}"`);
  const others = dependantsOf(tree, [`@adx/${name}-contract`, `@adx/${name}-worker`]).filter(
    (folder) => !folders.includes(folder) && !DEPENDANTS.includes(folder),
  );
  if (others.length > 0) {
    throw new Error(`${others.join(', ')} depend${others.length > 1 ? '' : 's'} on ${name}; end that first`);
  }
  for (const folder of folders) tree.delete(folder);
  for (const folder of SHARED) {
    for (const file of tree.children(folder).filter((one) => one.startsWith(`${name}.`))) {
      tree.delete(`${folder}/${file}`);
    }
  }
  for (const place of PLACES) place.remove(tree, name);
  await formatChanges(tree);
  // What git ignores: bundles, generated clients and lists.
  return () => folders.forEach((folder) => rmSync(join(tree.root, folder), { recursive: true, force: true }));
}
