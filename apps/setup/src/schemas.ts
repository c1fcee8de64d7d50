import { SERVICES } from '@adx/services';
import { z } from 'zod';

/** The payload keys have a schema, too. */
export const SCHEMAS = [...SERVICES, 'keys'] as const;
export type SchemaName = (typeof SCHEMAS)[number];

const Password = z.string().min(1);
const Roles = z.strictObject({
  owner: Password,
  app: Password,
  sealer: Password,
  relay: Password,
  reconciler: Password,
});

/** The passwords of all roles, by schema. */
export const Passwords = z.strictObject(
  Object.fromEntries(SCHEMAS.map((name) => [name, Roles])) as Record<SchemaName, typeof Roles>,
);
export type Passwords = z.output<typeof Passwords>;
