import { EncryptionConfig } from '@adx/payload-codec';
import { SERVICES, readsUrlVariable } from '@adx/services';
import type { ReadsUrlVariable } from '@adx/services';
import { AttentionVariables, BuildVariables, DEFAULT_UPLOAD_LIMIT } from '@adx/worker-runtime';
import { z } from 'zod';

const ReadsUrl = z.url({ protocol: /^https?$/ });

/** The variables of the gateway. Temporal's own (`TEMPORAL_ADDRESS`, ...) are read by its envconfig. */
export const GatewayConfig = z.object({
  ...EncryptionConfig.shape,
  ...AttentionVariables,
  ...BuildVariables,
  ADX_HTTP_HOST: z.string().default('127.0.0.1'),
  /** 0 takes any free port; the log line `ready` says which. */
  ADX_HTTP_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  /** Comma separated addresses or networks (CIDR) of proxies that say who calls, for the limits by address. */
  ADX_TRUSTED_PROXIES: z
    .string()
    .default('')
    .transform((list) =>
      list
        .split(',')
        .map((one) => one.trim())
        .filter(Boolean),
    ),
  ADX_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  /** Who signs callers' tokens, for whom, and with which keys. */
  ADX_JWT_ISSUER: z.string(),
  ADX_JWT_AUDIENCE: z.string().default('adx'),
  ADX_JWT_JWKS_URL: z.url({ protocol: /^https?$/ }),
  /** The private key (JWK) that signs principals. */
  ADX_PRINCIPAL_KEY_FILE: z.string(),
  /** The internal ports of the services, which answer their reads. */
  ...(Object.fromEntries(SERVICES.map((service) => [readsUrlVariable(service), ReadsUrl])) as Record<
    ReadsUrlVariable,
    typeof ReadsUrl
  >),
  /** Longest body of an upload, in bytes. */
  ADX_UPLOAD_LIMIT_BYTES: z.coerce.number().int().positive().default(DEFAULT_UPLOAD_LIMIT),
});
export type GatewayConfig = z.output<typeof GatewayConfig>;
