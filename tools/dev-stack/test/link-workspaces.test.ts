import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linkWorkspaces } from '../bootstrap/link-workspaces.mjs';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'adx-links-'));
  for (const name of ['libs/bills', 'libs/coins', 'node_modules/@adx', 'node_modules/pg']) {
    await mkdir(join(root, name), { recursive: true });
    await writeFile(join(root, name, 'package.json'), JSON.stringify({ name }));
  }
});
afterEach(() => rm(root, { recursive: true }));

const lock = (...names: readonly string[]) => {
  const links = names.map((name) => [`node_modules/@adx/${name}`, { resolved: `libs/${name}`, link: true }]);
  const packages = { 'node_modules/pg': { version: '8.0.0' }, ...Object.fromEntries(links) } as object;
  return writeFile(join(root, 'package-lock.json'), JSON.stringify({ packages }));
};
const linked = (name: string) => readFile(join(root, 'node_modules/@adx', name, 'package.json'), 'utf8');

test('links a package that came, and takes away the link of one that went', async () => {
  await lock('bills');
  await linkWorkspaces(root);
  expect(await linked('bills')).toContain('libs/bills');
  await lock('coins');
  await linkWorkspaces(root);
  expect(await linked('coins')).toContain('libs/coins');
  expect(await readdir(join(root, 'node_modules/@adx'))).toEqual(['coins', 'package.json']);
  expect(await readdir(join(root, 'node_modules'))).toEqual(['@adx', 'pg']);
});

test('mends a link that leads elsewhere', async () => {
  await lock('bills');
  await symlink('../../libs/coins', join(root, 'node_modules/@adx/bills'));
  await linkWorkspaces(root);
  expect(await linked('bills')).toContain('libs/bills');
});

test('stands for two commands at once', async () => {
  await lock('bills', 'coins');
  await Promise.all([linkWorkspaces(root), linkWorkspaces(root), linkWorkspaces(root)]);
  expect(await linked('bills')).toContain('libs/bills');
  expect(await linked('coins')).toContain('libs/coins');
});
