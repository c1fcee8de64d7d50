import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { MUTANTS } from '../mutants.ts';

const tool = join(import.meta.dirname, '..');
const root = join(tool, '..', '..');

test.each(MUTANTS)('the mistake "$name" can be made in the code as it is now', ({ name }) => {
  const patch = join(tool, 'patches', `${name}.patch`);
  // Throws with git's reason when the code has moved on: make the patch anew.
  execFileSync('git', ['apply', '--check', patch], { cwd: root, stdio: 'pipe' });
});

test('every patch is a mutant', () => {
  const patches = readdirSync(join(tool, 'patches')).map((file) => file.replace(/\.patch$/, ''));
  expect(patches.sort()).toEqual(MUTANTS.map(({ name }) => name).sort());
});
