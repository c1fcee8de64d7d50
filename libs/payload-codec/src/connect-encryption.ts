import { readFile } from 'node:fs/promises';
import type { DataConverter, PayloadCodec } from '@temporalio/common';
import type { EncryptionConfig } from './config.ts';
import { encryptingDataConverter } from './data-converter.ts';
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

/**
 * The codec that the configuration asks for. The database of the keys may come up later.
 *
 * @throws RangeError naming `ADX_ROOT_KEY_FILE` when it cannot be read or holds no root keys
 */
export async function connectEncryption(config: EncryptionConfig): Promise<Encryption> {
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
  const codec = createPayloadCodec({ keys, allowPlaintext });
  return { keys, codec, dataConverter: encryptingDataConverter(codec), close: () => keys.close() };
}
