import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** A service that cannot start, and leaves something open that would keep its process alive. */
const LEAVES_SOMETHING_OPEN = `
  import { defineContract } from '@adx/contract-kit';
  import { defineService, runWorker } from '@adx/worker-runtime';
  const contract = defineContract({ service: 'shop', taskQueue: 'shop', activities: {} });
  const connect = async () => {
    setInterval(() => undefined, 1_000);
    throw new Error('the till is jammed');
  };
  await runWorker(defineService({ contract, config: {}, connect }));
`;

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'adx-worker-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a worker that fell over ends with 1 and says why, whatever still holds its process', async () => {
  const jwksFile = join(folder, 'jwks.json');
  await writeFile(jwksFile, '{"keys":[]}');
  const worker = promisify(execFile)(
    process.execPath,
    ['--conditions=@adx/source', '--input-type=module', '--eval', LEAVES_SOMETHING_OPEN],
    {
      cwd: ROOT,
      timeout: 15_000,
      killSignal: 'SIGKILL',
      env: {
        TEMPORAL_ADDRESS: process.env['ADX_TEST_TEMPORAL_ADDRESS']!,
        DATABASE_URL: 'postgres://app:sesame@127.0.0.1:5432/adx',
        ADX_PRINCIPAL_JWKS_FILE: jwksFile,
      },
    },
  );
  await expect(worker).rejects.toMatchObject({
    code: 1,
    signal: null,
    stderr: expect.stringContaining('shop: Error: the till is jammed'),
  });
}, 30_000);
