import { z } from 'zod';

/** The variables of a service that keeps an audit: all of them. */
export const AuditVariables = {
  AUDIT_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).describe('connects as the sealer role of the service'),
  ADX_AUDIT_KEY_FILE: z.string(),
  /** Where the signed heads go; best on another disk than the database. */
  ADX_AUDIT_HEAD_FILE: z.string().optional(),
};

/** The same, as {@link connectAuditSealer} takes them. */
export function auditSettings(config: z.output<z.ZodObject<typeof AuditVariables>>) {
  const { AUDIT_DATABASE_URL: url, ADX_AUDIT_KEY_FILE: keyFile, ADX_AUDIT_HEAD_FILE: headFile } = config;
  return { url, keyFile, ...(headFile === undefined ? {} : { headFile }) };
}
