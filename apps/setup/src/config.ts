import { z } from 'zod';

/** Where secrets are made, and whom they lead to. */
export const SecretsConfig = z.object({
  /** Gets one folder for each app, and one for the databases. */
  ADX_SECRETS_FOLDER: z.string().min(1),
  /** `host:port` of Postgres, as the apps reach it. */
  ADX_DATABASE_ADDRESS: z.string().regex(/^[^/@\s]+:\d+$/, 'is no host:port'),
  ADX_DATABASE_NAME: z.string().default('adx'),
  /** `host:port` of the mail server; needs no password here. */
  ADX_SMTP_ADDRESS: z.string().regex(/^[^/@\s]+:\d+$/, 'is no host:port'),
});
export type SecretsConfig = z.output<typeof SecretsConfig>;

/** What the job needs that makes roles, schemas and tables. */
export const DatabasesConfig = z.object({
  /** Connects as a role that may make roles and databases; for this job only. */
  ADX_ADMIN_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  ADX_DATABASE_NAME: z.string().default('adx'),
  /** JSON: `{ "<schema>": { "owner", "app", "sealer", "relay", "reconciler" } }`, a password each. */
  ADX_DATABASE_PASSWORDS_FILE: z.string(),
  /** Has `<schema>/<time>_<name>/migration.sql`. */
  ADX_MIGRATIONS_FOLDER: z.string(),
});
export type DatabasesConfig = z.output<typeof DatabasesConfig>;
