import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EncryptionConfig, connectEncryption } from '../src/index.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adx-root-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const good = 'A'.repeat(43);

test.each([
  ['does not exist', undefined],
  ['is no JSON', 'c2hvcnQ'],
  ['holds no key', '[]'],
  ['holds a short key', '[{ "id": "a", "key": "c2hvcnQ" }]'],
  ['has an id twice', `[{ "id": "a", "key": "${good}" }, { "id": "a", "key": "${good}" }]`],
])('a file of root keys that %s is refused by name, without what is in it', async (what, text) => {
  const file = join(folder, `${what.replaceAll(' ', '-')}.json`);
  if (text !== undefined) await writeFile(file, text);
  const config = EncryptionConfig.parse({
    ADX_KEYS_DATABASE_URL: 'postgres://keys_app:sesame@127.0.0.1:1/adx',
    ADX_ROOT_KEY_FILE: file,
  });
  const refused: unknown = await connectEncryption(config).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(RangeError);
  expect(String(refused)).toContain('ADX_ROOT_KEY_FILE: ');
  expect(String(refused)).not.toMatch(/c2hvcnQ|sesame|AAAA/);
});

test('plaintext is let through by an explicit word only', () => {
  const parse = (flag?: string) =>
    EncryptionConfig.safeParse({
      ADX_KEYS_DATABASE_URL: 'postgres://a:b@127.0.0.1/adx',
      ADX_ROOT_KEY_FILE: 'f',
      ...(flag === undefined ? {} : { ADX_ALLOW_PLAINTEXT_PAYLOADS: flag }),
    });
  expect(parse().data?.ADX_ALLOW_PLAINTEXT_PAYLOADS).toBe(false);
  expect(parse('true').data?.ADX_ALLOW_PLAINTEXT_PAYLOADS).toBe(true);
  expect(parse('1').success).toBe(false);
});
