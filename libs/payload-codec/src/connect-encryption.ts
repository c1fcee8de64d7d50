import { readFile } from 'node:fs/promises';
import type { DataConverter, PayloadCodec } from '@temporalio/common';
import type { EncryptionConfig } from './config.ts';
import { encryptingDataConverter } from './data-converter.ts';
import { patientKeys } from './patient-keys.ts';
import { createPayloadCodec } from './payload-codec.ts';
import { readRootKeys } from './root-key-file.ts';
import { createTenantKeys } from './tenant-keys.ts';
import type { TenantKeys } from './tenant-keys.ts';

/** The encryption of one process. */
export interface Encryption {
  readonly keys: TenantKeys;
  readonly codec: PayloadCodec;
  readonly dataConverter: DataConverter;
  close(): Promise<void>;
}

/** Longer than Postgres needs for a restart, and within the time that a worker gets to drain (40 s). */
const PATIENCE_MS = 30_000;

/**
 * The codec that the configuration asks for. The database of the keys may come up later.
 *
 * @param options.patienceMs how long the codec waits for the database of the keys; 0 where somebody waits for an answer.
 *   Default: 30 s, as workers need it, see `patientKeys`
 * @throws RangeError naming `ADX_ROOT_KEY_FILE` when it cannot be read or holds no root keys
 */
export async function connectEncryption(
  config: EncryptionConfig,
  { patienceMs = PATIENCE_MS }: { readonly patienceMs?: number } = {},
): Promise<Encryption> {
  const { ADX_KEYS_DATABASE_URL: url, ADX_ROOT_KEY_FILE: file, ADX_ALLOW_PLAINTEXT_PAYLOADS: allowPlaintext } = config;
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new RangeError(`ADX_ROOT_KEY_FILE: cannot read ${file} (${error.code})`);
  });
  let keyProvider;
  try {
    keyProvider = readRootKeys(text);
  } catch (error) {
    throw new RangeError(`ADX_ROOT_KEY_FILE: ${file}: ${(error as Error).message}`);
  }
  const keys = createTenantKeys({ url, keyProvider });
  const codec = createPayloadCodec({ keys: patientKeys(keys, patienceMs), allowPlaintext });
  return { keys, codec, dataConverter: encryptingDataConverter(codec), close: () => keys.close() };
}
