import { z } from 'zod';
import { KEY_BYTES, createLocalKeyProvider } from './key-provider.ts';
import type { KeyProvider } from './key-provider.ts';

const RootKeys = z
  .array(
    z.strictObject({
      id: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/),
      /** base64url */
      key: z.string().regex(/^[A-Za-z0-9_-]{43}$/, `is not ${KEY_BYTES} bytes in base64url`),
    }),
  )
  .min(1);

/**
 * Reads root keys: `[{ "id": "2026-11", "key": "<32 bytes, base64url>" }, ...]`, the current one first.
 *
 * @throws RangeError naming what is wrong, never what is in it
 */
export function readRootKeys(text: string): KeyProvider {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new RangeError('root keys are a JSON array of { id, key }; this is no JSON');
  }
  const parsed = RootKeys.safeParse(json);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the list'}: ${message}`);
    throw new RangeError(`root keys are a JSON array of { id, key }: ${problems.join('; ')}`);
  }
  return createLocalKeyProvider(parsed.data.map(({ id, key }) => ({ id, key: Buffer.from(key, 'base64url') })));
}
