import type { Inbox } from '@adx/local-parts';
import type { ServiceName } from '@adx/services';
import type { Service } from '@adx/worker-runtime';
import type { z } from 'zod';
import * as services from '../generated/services.ts';
import type { TestDatabase } from './test-database.ts';
import type { TestKeys } from './test-keys.ts';

/** The services as they are, without what only their own configuration can say. */
export const SERVICES_BY_NAME = services as unknown as Readonly<Record<ServiceName, Service<z.ZodRawShape>>>;

/** A test that is about schedules says which. */
const NO_SCHEDULES = JSON.stringify({
  schedules: { reconciliation: null, 'audit-check': null, retention: null },
});

/** The variables of a worker on the parts of a test; all but the address of Temporal. */
export function serviceEnvironment(
  service: ServiceName,
  { database, keys, inbox }: { readonly database: TestDatabase; readonly keys: TestKeys; readonly inbox: Inbox },
): Record<string, string> {
  return {
    ADX_KEYS_DATABASE_URL: database.keysUrl,
    ADX_ROOT_KEY_FILE: keys.rootKeyFile,
    DATABASE_URL: database.url(service),
    AUDIT_DATABASE_URL: database.sealerUrl(service),
    OUTBOX_DATABASE_URL: database.relayUrl(service),
    RECONCILER_DATABASE_URL: database.reconcilerUrl(service),
    ADX_MAINTENANCE: NO_SCHEDULES,
    ADX_ATTENTION_WATCH: 'never',
    ADX_SERVICE_KEY_FILE: keys.serviceKeyFile(service),
    ADX_AUDIT_KEY_FILE: keys.auditKeyFile,
    ADX_PRINCIPAL_JWKS_FILE: keys.jwksFile,
    SMTP_URL: inbox.smtpUrl,
    ADX_INVITATION_KEY: `file:${keys.invitationKeyFile}`,
  };
}
