import { z } from 'zod';

/** The variables of every process that talks to Temporal. */
export const EncryptionConfig = z.object({
  ADX_KEYS_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).describe('connects as the app role of the schema keys'),
  /** A JSON array of `{ id, key }`, the current root key first; see `readRootKeys`. */
  ADX_ROOT_KEY_FILE: z.string(),
  /** For the migration of histories that were never encrypted, and for nothing else. */
  ADX_ALLOW_PLAINTEXT_PAYLOADS: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true'),
});
export type EncryptionConfig = z.output<typeof EncryptionConfig>;
