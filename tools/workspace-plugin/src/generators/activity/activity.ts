import { join } from 'node:path';
import { generateFiles } from '@nx/devkit';
import type { Tree } from '@nx/devkit';
import { formatChanges } from '../edit/format.ts';
import { addToContract, contractIndexOf, refuseTaken, requireService } from '../contract-entries.ts';
import { addStatement } from '../edit/source-files.ts';
import { namesOf, oneOf, refuseReserved, resourceOf } from '../names.ts';
import { addModel, hasModel } from './model.ts';

interface Options {
  readonly service: string;
  /** `open-account` */
  readonly name: string;
}

/** `nx g @adx/workspace-plugin:activity billing open-account` */
export default async function activityGenerator(tree: Tree, options: Options): Promise<void> {
  addActivity(tree, options);
  await formatChanges(tree);
}

/** A compensatable activity that makes rows of a table of its own, with everything that the gates ask of one. */
export function addActivity(tree: Tree, { service, name }: Options): void {
  requireService(tree, service);
  refuseTaken(tree, service, name);
  const entry = namesOf(name);
  const resource = namesOf(resourceOf(name));
  refuseReserved(resource.snake);
  if (hasModel(tree, service, resource)) {
    throw new Error(
      `the ${service} service has ${oneOf(resource.words)} already, and this generator would make its table; ` +
        'what else is done with it is in docs/how-to/add-an-activity.md',
    );
  }
  generateFiles(tree, join(import.meta.dirname, 'files'), '.', {
    service,
    entry: entry.kebab,
    entryName: entry.camel,
    Entry: entry.pascal,
    resource: resource.kebab,
    resourceName: resource.camel,
    Resource: resource.pascal,
    resourceWords: resource.words,
    oneResource: oneOf(resource.words),
    table: resource.snake,
    time: nextMigrationTime(tree, service),
  });
  addModel(tree, service, resource);
  addToContract(tree, service, 'activities', entry);
  addStatement(
    tree,
    contractIndexOf(service),
    `export { ${resource.pascal}Id, ${resource.pascal}Name } from './${resource.kebab}.ts';`,
  );
}

/** Now, or a second after the service's last migration: two in one second have an order, too. */
function nextMigrationTime(tree: Tree, service: string): string {
  const folder = `apps/${service}-worker/prisma/migrations`;
  const last = tree.exists(folder) ? (tree.children(folder).sort().at(-1)?.slice(0, 14) ?? '') : '';
  const now = formatTime(new Date());
  return now > last ? now : formatTime(new Date(parseTime(last).getTime() + 1_000));
}

function formatTime(time: Date): string {
  return time.toISOString().replaceAll(/\D/g, '').slice(0, 14);
}

function parseTime(text: string): Date {
  return new Date(text.replace(/^(....)(..)(..)(..)(..)(..)$/, '$1-$2-$3T$4:$5:$6Z'));
}
