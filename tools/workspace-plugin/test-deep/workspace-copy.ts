import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A copy of this workspace, as a clone of it is after the installation, with everything in it committed. */
export interface WorkspaceCopy {
  readonly root: string;
  /** Runs a command as the npm scripts do. @returns what it printed @throws Error when it fails */
  run(...args: readonly string[]): string;
  /** What git sees that is not in the commit. */
  differences(): string;
  remove(): Promise<void>;
}

export async function copyWorkspace(from: string): Promise<WorkspaceCopy> {
  const root = await mkdtemp(join(await parentFor(from), 'adx-copy-'));
  const files = execute('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], from).split('\0');
  for (const folder of new Set(files.map(dirname))) await mkdir(join(root, folder), { recursive: true });
  // What is deleted and not committed is listed all the same.
  for (const file of files.filter(Boolean)) await cp(join(from, file), join(root, file)).catch(ignoreMissing);
  await copyModules(from, root);
  const git = (...args: readonly string[]) =>
    execute('git', ['-c', 'user.name=copy', '-c', 'user.email=copy@adx.example', ...args], root);
  git('init', '--quiet');
  git('add', '--all');
  git('commit', '--quiet', '--no-verify', '--message', 'chore: a copy');
  return {
    root,
    run: (...args) => execute(process.execPath, ['tools/dev-stack/bootstrap.mjs', ...args], root),
    differences: () => git('status', '--porcelain', '--untracked-files=all'),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** On the disk of the packages, so that they can be linked: a temporary folder may be in memory, and they are a gigabyte. */
async function parentFor(from: string): Promise<string> {
  const [packages, temporary] = await Promise.all([stat(join(from, 'node_modules')), stat(tmpdir())]);
  if (packages.dev === temporary.dev) return tmpdir();
  await mkdir(join(from, '.cache'), { recursive: true });
  return join(from, '.cache');
}

/** By hard links: nothing writes into a package. */
async function copyModules(from: string, to: string): Promise<void> {
  execute('cp', ['-al', 'node_modules', to], from);
  const [here, there] = [join(from, 'node_modules/.adx-lock'), join(to, 'node_modules/.adx-lock')];
  await rm(there);
  await cp(here, there);
  await rm(join(to, 'node_modules/.cache'), { recursive: true, force: true });
}

function execute(command: string, args: readonly string[], cwd: string): string {
  // Without what this test run has set for its own: the copy has its own Postgres, and its own Node.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:ADX_|NODE_OPTIONS$|JEST_|npm_)/.test(name)),
  );
  const done = spawnSync(command, args, { cwd, env, encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (done.status !== 0) {
    throw new Error(`${command} ${args.join(' ')} ended with ${done.status}:\n${done.stdout}\n${done.stderr}`);
  }
  return done.stdout;
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
