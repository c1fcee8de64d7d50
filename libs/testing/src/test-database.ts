import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { migrate, provisionDatabase } from '@adx/persistence';
import { SERVICES } from '@adx/services';
import type { ServiceName } from '@adx/services';
import { Pool } from 'pg';

/** Roles belong to the cluster, so all databases of one test run share their passwords. */
const PASSWORD = 'test';

/** A fresh, migrated database on the Postgres of this test run. */
export interface TestDatabase {
  /** Connects a service as its app role. */
  url(service: ServiceName): string;
  /** Connects as the owner role. */
  ownerUrl(service: ServiceName): string;
  /** Connects as the role that chains the audit. */
  sealerUrl(service: ServiceName): string;
  /** Connects as the role that works off the outbox. */
  relayUrl(service: ServiceName): string;
  /** Connects as the role that looks for what is left over. */
  reconcilerUrl(service: ServiceName): string;
  /** Connects as the app role of the schema of the payload keys. */
  readonly keysUrl: string;
  /** Sees everything: tests look with it, the code under test never has it. */
  readonly superuser: Pool;
  drop(): Promise<void>;
}

/**
 * @param options.adminUrl the superuser's URL of a Postgres; that of the test run by default
 * @throws Error when the test run has no Postgres: its global set-up starts one
 */
export async function createTestDatabase(options: { readonly adminUrl?: string } = {}): Promise<TestDatabase> {
  const adminUrl = options.adminUrl ?? process.env['ADX_TEST_POSTGRES_URL'];
  if (!adminUrl) throw new Error('ADX_TEST_POSTGRES_URL is not set; run tests through `npm test`');
  const database = `test_${randomUUID().replaceAll('-', '')}`;
  const services = [...SERVICES, 'keys'].map((name) => ({
    name,
    ownerPassword: PASSWORD,
    appPassword: PASSWORD,
    sealerPassword: PASSWORD,
    relayPassword: PASSWORD,
    reconcilerPassword: PASSWORD,
  }));
  await provisionDatabase({ adminUrl, database, services });
  const urlOf = (user: string, password: string) => {
    const url = new URL(adminUrl);
    Object.assign(url, { username: user, password, pathname: `/${database}` });
    return url.href;
  };
  const ownerUrl = (service: ServiceName) => urlOf(`${service}_owner`, PASSWORD);
  await Promise.all([
    migrate({
      url: urlOf('keys_owner', PASSWORD),
      folder: fileURLToPath(new URL('../../payload-codec/migrations', import.meta.url)),
      kernel: false,
    }),
    ...SERVICES.map((service) =>
      migrate({
        url: ownerUrl(service),
        folder: fileURLToPath(new URL(`../../../apps/${service}-worker/prisma/migrations`, import.meta.url)),
      }),
    ),
  ]);
  const admin = new URL(adminUrl);
  const superuser = new Pool({
    connectionString: urlOf(decodeURIComponent(admin.username), decodeURIComponent(admin.password)),
    max: 4,
  });
  superuser.on('error', () => undefined);
  return {
    url: (service) => urlOf(`${service}_app`, PASSWORD),
    ownerUrl,
    sealerUrl: (service) => urlOf(`${service}_sealer`, PASSWORD),
    relayUrl: (service) => urlOf(`${service}_relay`, PASSWORD),
    reconcilerUrl: (service) => urlOf(`${service}_reconciler`, PASSWORD),
    keysUrl: urlOf('keys_app', PASSWORD),
    superuser,
    async drop() {
      await superuser.end();
      const cluster = new Pool({ connectionString: adminUrl, max: 1 });
      await cluster.query(`drop database if exists "${database}" with (force)`);
      await cluster.end();
    },
  };
}
