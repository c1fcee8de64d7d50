import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readJsonFile } from '../src/read-json-file.ts';
import { readServiceKey } from '../src/service-key.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adx-json-'));
  await writeFile(join(folder, 'right.json'), '{"kty":"OKP"}');
  // Taken for a key file by mistake.
  await writeFile(join(folder, 'password'), 'hunter2-hunter2');
});
afterAll(() => rm(folder, { recursive: true }));

test('reads what is JSON', async () => {
  expect(await readJsonFile(join(folder, 'right.json'))).toEqual({ kty: 'OKP' });
});

test('says that a file is no JSON, and nothing of what is in it', async () => {
  const file = join(folder, 'password');
  for (const reading of [readJsonFile(file), readServiceKey(file, 'hall')]) {
    const error = await reading.then(
      () => undefined,
      (reason: Error) => reason,
    );
    expect(error?.message).toContain('it is no JSON');
    expect(error?.message).not.toContain('hunter');
  }
});
