import { join } from 'node:path';
import { generateFiles } from '@nx/devkit';
import type { Tree } from '@nx/devkit';
import { hasModel } from '../activity/model.ts';
import { addToContract, refuseTaken, requireService } from '../contract-entries.ts';
import { formatChanges } from '../edit/format.ts';
import { capitalize, namesOf, oneOf, plural, resourceOf } from '../names.ts';

interface Options {
  readonly service: string;
  /** `list-accounts`, `get-account` */
  readonly name: string;
}

/** `nx g @adx/workspace-plugin:read billing get-account` */
export default async function readGenerator(tree: Tree, options: Options): Promise<void> {
  addRead(tree, options);
  await formatChanges(tree);
}

/** A read of what an activity makes. A list has a route; the path of one thing has its id, and says whose that is. */
export function addRead(tree: Tree, { service, name }: Options): void {
  requireService(tree, service);
  refuseTaken(tree, service, name);
  const entry = namesOf(name);
  const resource = namesOf(resourceOf(name));
  const many = namesOf(plural(resource.kebab));
  if (!hasModel(tree, service, resource)) {
    throw new Error(
      `the ${service} service keeps no ${many.words}; make ${oneOf(resource.words)} first: ` +
        `npm run generate -- activity ${service} open-${resource.kebab}`,
    );
  }
  generateFiles(tree, join(import.meta.dirname, 'files', name.startsWith('list-') ? 'list' : 'get'), '.', {
    service,
    Service: capitalize(service),
    entry: entry.kebab,
    entryName: entry.camel,
    Entry: entry.pascal,
    resource: resource.kebab,
    resourceName: resource.camel,
    resourceWords: resource.words,
    Resource: resource.pascal,
    resources: many.camel,
    resourcesPath: many.kebab,
    resourcesWords: many.words,
  });
  addToContract(tree, service, 'reads', entry);
}
