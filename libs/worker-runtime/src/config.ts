import { DEFAULT_RATE_LIMITS, RateLimitPlans } from '@adx/activity-middleware';
import { z } from 'zod';
import { jsonVariable } from './json-variable.ts';
import { DEFAULT_UPLOAD_LIMIT } from './limited-body.ts';
import { BuildVariables } from './versioning.ts';

/** The variables of every worker; a service adds its own. */
export const WorkerConfig = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).describe('connects as the app role of the service'),
  /** Public keys that sign principals, retired ones included. */
  ADX_PRINCIPAL_JWKS_FILE: z.string(),
  /** JSON: `{ "default": { "tenant": { "limit": 6000, "windowMs": 60000 }, "user", "activity" }, "<plan>": ... }` */
  ADX_RATE_LIMITS: jsonVariable(RateLimitPlans).default(DEFAULT_RATE_LIMITS),
  ADX_ADMIN_HOST: z.string().default('127.0.0.1'),
  /** 0 takes any free port; the log line `ready` says which. */
  ADX_ADMIN_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  /** Longest body of an upload, in bytes. */
  ADX_UPLOAD_LIMIT_BYTES: z.coerce.number().int().positive().default(DEFAULT_UPLOAD_LIMIT),
  ...BuildVariables,
  ADX_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});
export type WorkerConfig = z.output<typeof WorkerConfig>;

/** The variables of a service with an outbox. */
export const OutboxVariables = {
  OUTBOX_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).describe('connects as the relay role of the service'),
  /** Private key of the service: what its outbox starts, it starts in its own name. */
  ADX_SERVICE_KEY_FILE: z.string(),
} as const;

/** A process that cannot start; its message lists every problem and needs no stack. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Without the empty ones: an empty `TEMPORAL_API_KEY`, for one, would turn TLS on. */
export function withoutEmpty(env: Environment): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1])));
}

/**
 * Reads the configuration from the environment.
 *
 * @throws ConfigError with all problems at once; values stay out of it, they may be secret
 */
export function readConfig<S extends z.ZodType>(schema: S, env: Environment): z.output<S> {
  const parsed = schema.safeParse(withoutEmpty(env));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `  - ${path.join('.')}: ${message}`);
  throw new ConfigError(`the environment is not complete:\n${problems.join('\n')}`);
}
