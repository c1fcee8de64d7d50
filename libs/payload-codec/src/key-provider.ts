import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { PayloadCodecError } from './codec-error.ts';

/** A data key as it is stored, and which root key wrapped it. */
export interface WrappedKey {
  readonly rootKeyId: string;
  readonly wrapped: Uint8Array;
}

/**
 * Wraps data keys. The one place that knows root keys, so that a key management service can take their place.
 * `context` says whose key it is; what was wrapped in one context does not open in another.
 */
export interface KeyProvider {
  wrap(key: Uint8Array, context: string): Promise<WrappedKey>;
  /** @throws PayloadCodecError `RootKeyUnknown` or `WrappingBroken` */
  unwrap(wrapped: WrappedKey, context: string): Promise<Uint8Array>;
}

/** A root key of 32 bytes, by its id. */
export interface RootKey {
  readonly id: string;
  readonly key: Uint8Array;
}

/** What AES-256 takes. */
export const KEY_BYTES = 32;
/** What AES-GCM recommends (NIST SP 800-38D): 96 bits, and the longest tag. */
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

/**
 * Root keys in the memory of this process. The first one wraps; all of them unwrap, so that an old one stays readable.
 *
 * @throws RangeError for no key, a key that is not 32 bytes, or an id that is there twice
 */
export function createLocalKeyProvider(keys: readonly RootKey[]): KeyProvider {
  const [current] = keys;
  if (!current) throw new RangeError('there is no root key; give at least one');
  for (const { id, key } of keys) {
    if (key.length !== KEY_BYTES)
      throw new RangeError(`root key "${id}" has ${key.length} bytes; it takes ${KEY_BYTES}`);
  }
  const byId = new Map(keys.map((one) => [one.id, one]));
  if (byId.size !== keys.length) throw new RangeError('two root keys have the same id; ids are never used again');
  return {
    wrap: async (key, context) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', current.key, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(Buffer.from(JSON.stringify([current.id, context])));
      const sealed = Buffer.concat([cipher.update(key), cipher.final()]);
      return { rootKeyId: current.id, wrapped: Buffer.concat([nonce, cipher.getAuthTag(), sealed]) };
    },
    unwrap: async ({ rootKeyId, wrapped }, context) => {
      const root = byId.get(rootKeyId);
      if (!root) {
        throw new PayloadCodecError(
          'RootKeyUnknown',
          `${context} needs root key "${rootKeyId}"; give it to this process`,
        );
      }
      try {
        const nonce = wrapped.subarray(0, NONCE_BYTES);
        const decipher = createDecipheriv('aes-256-gcm', root.key, nonce, { authTagLength: TAG_BYTES });
        decipher.setAAD(Buffer.from(JSON.stringify([rootKeyId, context])));
        decipher.setAuthTag(wrapped.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
        return Buffer.concat([decipher.update(wrapped.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
      } catch {
        throw new PayloadCodecError(
          'WrappingBroken',
          `${context} does not open with root key "${rootKeyId}": the row was changed, or the key is another one`,
        );
      }
    },
  };
}
