import type { Tree } from '@nx/devkit';

interface Lockfile {
  packages: Record<string, Record<string, unknown>>;
}

const LOCKFILE = 'package-lock.json';
const byName = ([a]: [string, unknown], [b]: [string, unknown]) => a.localeCompare(b, 'en');
const sorted = <V>(record: Readonly<Record<string, V>>) => Object.fromEntries(Object.entries(record).sort(byName));

/** A package that is there now: in the lockfile as npm would write it, so that `npm ci` accepts it. */
export function lockPackage(tree: Tree, folder: string): void {
  const { name, version, dependencies } = readJsonFile(tree, `${folder}/package.json`);
  editLockfile(tree, (packages) => {
    packages[folder] = { name, version, ...(dependencies ? { dependencies } : {}) };
    packages[`node_modules/${name as string}`] = { resolved: folder, link: true };
  });
}

export function unlockPackage(tree: Tree, folder: string, name: string): void {
  editLockfile(tree, (packages) => {
    delete packages[folder];
    delete packages[`node_modules/${name}`];
  });
}

/** A dependency of one package of the workspace on another one, in its package.json and in the lockfile. */
export function addDependency(tree: Tree, folder: string, on: string): void {
  editDependencies(tree, folder, (dependencies) => sorted({ ...dependencies, [on]: '0.1.0' }));
}

export function removeDependency(tree: Tree, folder: string, on: string): void {
  editDependencies(tree, folder, (dependencies) =>
    Object.fromEntries(Object.entries(dependencies).filter(([name]) => name !== on)),
  );
}

/** The folders of the packages that depend on one of these. */
export function dependantsOf(tree: Tree, names: readonly string[]): string[] {
  const { packages } = readJsonFile(tree, LOCKFILE) as unknown as Lockfile;
  return Object.entries(packages)
    .filter(([, { dependencies }]) => names.some((name) => Object.hasOwn(dependencies ?? {}, name)))
    .map(([folder]) => folder);
}

function editDependencies(
  tree: Tree,
  folder: string,
  edit: (dependencies: Record<string, string>) => Record<string, string>,
): void {
  const file = `${folder}/package.json`;
  const text = readJsonFile(tree, file);
  const dependencies = edit((text['dependencies'] ?? {}) as Record<string, string>);
  writeJsonFile(tree, file, { ...text, dependencies });
  editLockfile(tree, (packages) => {
    packages[folder] = { ...packages[folder], dependencies };
  });
}

function editLockfile(tree: Tree, edit: (packages: Lockfile['packages']) => void): void {
  const lockfile = readJsonFile(tree, LOCKFILE) as unknown as Lockfile;
  edit(lockfile.packages);
  writeJsonFile(tree, LOCKFILE, { ...lockfile, packages: sorted(lockfile.packages) });
}

function readJsonFile(tree: Tree, file: string): Record<string, unknown> {
  return JSON.parse(tree.read(file, 'utf8')!) as Record<string, unknown>;
}

/** As npm writes it: the lockfile is no file of Prettier's. */
function writeJsonFile(tree: Tree, file: string, content: object): void {
  tree.write(file, `${JSON.stringify(content, null, 2)}\n`);
}
