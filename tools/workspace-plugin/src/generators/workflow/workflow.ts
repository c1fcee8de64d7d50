import { join } from 'node:path';
import { generateFiles } from '@nx/devkit';
import type { Tree } from '@nx/devkit';
import { addToContract, refuseTaken, requireService } from '../contract-entries.ts';
import { formatChanges } from '../edit/format.ts';
import { addStatement } from '../edit/source-files.ts';
import { capitalize, namesOf, oneOf, plural, resourceOf } from '../names.ts';

interface Options {
  readonly service: string;
  /** `register-account` */
  readonly name: string;
  /** `open-account` */
  readonly step: string;
  /** Of `POST /v1/<service>/<path>`. */
  readonly path?: string;
}

/** `nx g @adx/workspace-plugin:workflow billing register-account --step open-account` */
export default async function workflowGenerator(tree: Tree, options: Options): Promise<void> {
  addWorkflow(tree, options);
  await formatChanges(tree);
}

/** A saga of an own step and one of another service, with its route, its story in the demo and its tests. */
export function addWorkflow(tree: Tree, { service, name, step, path }: Options): void {
  requireService(tree, service);
  refuseTaken(tree, service, name);
  const entry = namesOf(name);
  const resource = namesOf(resourceOf(step));
  const many = namesOf(plural(resource.kebab));
  const contract = `libs/contracts/${service}/src`;
  if (!tree.exists(`${contract}/${step}.ts`) || !tree.exists(`${contract}/${resource.kebab}.ts`)) {
    throw new Error(`${service} has no activity "${step}"; make it: npm run generate -- activity ${service} ${step}`);
  }
  generateFiles(tree, join(import.meta.dirname, 'files'), '.', {
    service,
    entry: entry.kebab,
    entryName: entry.camel,
    Entry: entry.pascal,
    stepName: namesOf(step).camel,
    path: path ?? many.kebab,
    resource: resource.kebab,
    resourceName: resource.camel,
    resourceWords: resource.words,
    Resource: resource.pascal,
    resources: many.camel,
    resourcesPath: many.kebab,
    oneResource: oneOf(resource.words),
    OneResource: capitalize(oneOf(resource.words)),
    table: resource.snake,
    listed: tree.exists(`${contract}/list-${many.kebab}.ts`),
    // A slug has at most 40 characters, and the demo adds to it.
    slug: `${service}-${entry.kebab}`.slice(0, 24).replace(/-$/, ''),
  });
  addToContract(tree, service, 'workflows', entry);
  addStatement(
    tree,
    `apps/${service}-worker/src/workflows/index.ts`,
    `export { ${entry.camel} } from './${entry.kebab}.saga.ts';`,
  );
}
