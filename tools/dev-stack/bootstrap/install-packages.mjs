import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BootstrapError } from './bootstrap-error.mjs';
import { runToEnd } from './run-to-end.mjs';

/** Longer than any install on a slow line; a lock older than its process is taken over at once. */
const WAIT_MS = 15 * 60_000;

/** Installs exactly what package-lock.json says, when that changed since the last time. */
export async function installPackages(root) {
  const stamp = join(root, 'node_modules', '.adx-lock');
  const wanted = await stampOf(root);
  const isInstalled = async () => existsSync(stamp) && (await readFile(stamp, 'utf8')) === wanted;
  if (await isInstalled()) return;

  // Two commands at once: the second one waits for the first one's install instead of tearing it down.
  const unlock = await lock(join(root, '.adx', 'install.lock'));
  try {
    if (await isInstalled()) return;
    const began = Date.now();
    process.stderr.write('installing packages from package-lock.json (about a minute) ...\n');
    const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    const npm = process.env.npm_execpath;
    // npm's own file when npm started us: a `npm` on PATH may lie in the folder that is replaced.
    const [file, all] = npm?.endsWith('.js') ? [process.execPath, [npm, ...args]] : ['npm', args];
    const code = await runToEnd(file, all, { cwd: root, stdio: ['ignore', 2, 2] });
    if (code > 128) throw new BootstrapError('the installation was interrupted; run the command again to finish it.');
    if (code !== 0) {
      throw new BootstrapError(
        `"npm ci" ended with ${code}. Its reason stands above; most often the registry cannot be reached. ` +
          'Run the command again when that is mended.',
      );
    }
    await writeFile(stamp, wanted);
    process.stderr.write(`packages installed in ${Math.round((Date.now() - began) / 1000)} s\n`);
  } finally {
    await unlock();
  }
}

/** Of what is installed. The workspace's own packages are not: they are linked, see link-workspaces.mjs. */
async function stampOf(root) {
  const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'));
  const installed = Object.entries(packages).filter(
    ([place, one]) => /^$|(?:^|\/)node_modules\//.test(place) && !one.link,
  );
  return createHash('sha256').update(JSON.stringify(installed)).digest('hex');
}

async function lock(file) {
  await mkdir(join(file, '..'), { recursive: true });
  const end = Date.now() + WAIT_MS;
  let told = false;
  for (;;) {
    try {
      await writeFile(file, String(process.pid), { flag: 'wx' });
      return () => rm(file, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const owner = Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10);
    if (!(await holds(file, owner))) {
      await rm(file, { force: true });
      continue;
    }
    if (!told) process.stderr.write(`waiting for process ${owner}, which installs packages ...\n`);
    told = true;
    if (Date.now() > end) {
      throw new BootstrapError(
        `process ${owner} has been installing for 15 minutes; end it, then run the command again.`,
      );
    }
    await delay(300);
  }
}

/** Whether the process that wrote the lock still runs. */
async function holds(file, owner) {
  // It is created first and written a moment later.
  if (Number.isNaN(owner)) {
    const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: 0 }));
    return Date.now() - mtimeMs < 2_000;
  }
  try {
    process.kill(owner, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
