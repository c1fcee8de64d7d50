import type { Tree } from '@nx/devkit';
import { addStatement, addToObject } from './edit/source-files.ts';
import type { Names } from './names.ts';

const folderOf = (service: string) => `libs/contracts/${service}/src`;

/** What others see of a contract. */
export function contractIndexOf(service: string): string {
  return `${folderOf(service)}/index.ts`;
}

/** @throws Error when there is no such service, or none that has its entries in files of their own */
export function requireService(tree: Tree, service: string): void {
  if (
    !tree.exists(`apps/${service}-worker/package.json`) ||
    !tree.exists(`${folderOf(service)}/${service}.contract.ts`)
  ) {
    throw new Error(`there is no service "${service}"; make one: npm run generate -- domain-service ${service}`);
  }
}

/** @throws Error when the contract has an entry of this name */
export function refuseTaken(tree: Tree, service: string, entry: string): void {
  const file = `${folderOf(service)}/${entry}.ts`;
  if (tree.exists(file)) throw new Error(`${file} is there already; choose another name`);
}

/** Puts an entry, which is in a file of its own, into the table of contents. */
export function addToContract(
  tree: Tree,
  service: string,
  group: 'activities' | 'workflows' | 'reads',
  { kebab, camel }: Names,
): void {
  const file = `${folderOf(service)}/${service}.contract.ts`;
  addStatement(tree, file, `import { ${camel} } from './${kebab}.ts';`);
  addToObject(tree, file, [`${service}Contract`, group], camel);
}
