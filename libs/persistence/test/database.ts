import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { SERVICES } from '@adx/services';
import type { ServiceName } from '@adx/services';
import { Pool } from 'pg';
import { migrate } from '../src/migrate.ts';
import { provisionDatabase } from '../src/provision-database.ts';
import type { ServiceRoles } from '../src/provision-database.ts';

/** Roles belong to the cluster, so all databases of one test run share their passwords. */
const PASSWORD = 'test';

/** A fresh, migrated database on the Postgres of this test run. */
export interface TestDatabase {
  /** Connects as the role that runs the service. */
  appUrl(service: ServiceName): string;
  /** Connects as the role that migrates. */
  ownerUrl(service: ServiceName): string;
  /** Connects as the role that chains the audit. */
  sealerUrl(service: ServiceName): string;
  /** Connects as the role that works off the outbox. */
  relayUrl(service: ServiceName): string;
  /** Sees everything: tests look with it, the code under test never has it. */
  readonly superuser: Pool;
  drop(): Promise<void>;
}

/** The superuser's URL of the running server. */
export function adminUrl(): string {
  const url = process.env['ADX_TEST_POSTGRES_URL'];
  if (!url) throw new Error('ADX_TEST_POSTGRES_URL is not set; run tests through `npm test`, which starts a Postgres');
  return url;
}

/** The same server, as another user or with another database. */
export function urlOf(change: { username?: string; password?: string; database?: string; port?: number }): string {
  const url = new URL(adminUrl());
  if (change.username !== undefined) url.username = change.username;
  if (change.password !== undefined) url.password = change.password;
  if (change.database !== undefined) url.pathname = `/${change.database}`;
  if (change.port !== undefined) url.port = String(change.port);
  return url.href;
}

/** Where a service keeps its migrations. */
export function migrationsOf(service: ServiceName): string {
  return fileURLToPath(new URL(`../../../apps/${service}-worker/prisma/migrations`, import.meta.url));
}

export function servicesWithPassword(): (ServiceRoles & { name: ServiceName })[] {
  return SERVICES.map((name) => ({
    name,
    ownerPassword: PASSWORD,
    appPassword: PASSWORD,
    sealerPassword: PASSWORD,
    relayPassword: PASSWORD,
    reconcilerPassword: PASSWORD,
  }));
}

/** A name nobody else uses. */
export function databaseName(): string {
  return `adx_test_${randomUUID().replaceAll('-', '').slice(0, 16)}`;
}

export async function dropDatabase(database: string): Promise<void> {
  const admin = new Pool({ connectionString: adminUrl(), max: 1 });
  await admin.query(`drop database if exists "${database}" with (force)`);
  await admin.end();
}

export async function createTestDatabase(
  options: { readonly migrated?: readonly ServiceName[] } = {},
): Promise<TestDatabase> {
  const database = databaseName();
  await provisionDatabase({ adminUrl: adminUrl(), database, services: servicesWithPassword() });
  const ownerUrl = (service: ServiceName) => urlOf({ username: `${service}_owner`, password: PASSWORD, database });
  const appUrl = (service: ServiceName) => urlOf({ username: `${service}_app`, password: PASSWORD, database });
  await Promise.all(
    (options.migrated ?? SERVICES).map((service) => migrate({ url: ownerUrl(service), folder: migrationsOf(service) })),
  );
  const superuser = new Pool({ connectionString: urlOf({ database }), max: 4 });
  superuser.on('error', () => undefined);
  return {
    appUrl,
    ownerUrl,
    sealerUrl: (service) => urlOf({ username: `${service}_sealer`, password: PASSWORD, database }),
    relayUrl: (service) => urlOf({ username: `${service}_relay`, password: PASSWORD, database }),
    superuser,
    async drop() {
      await superuser.end();
      await dropDatabase(database);
    },
  };
}
