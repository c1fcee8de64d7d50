import { Client } from 'pg';

/**
 * The roles of a service: one migrates and owns, one runs, one chains the audit of all tenants, one works off their
 * outbox, and one looks for what is left over and removes what is old; those three see nothing else.
 */
export interface ServiceRoles {
  /** Also the name of its schema. */
  readonly name: string;
  readonly ownerPassword: string;
  readonly appPassword: string;
  readonly sealerPassword: string;
  readonly relayPassword: string;
  readonly reconcilerPassword: string;
}

/** The owner first. */
const ROLES = ['owner', 'app', 'sealer', 'relay', 'reconciler'] as const;

/** Settings of the app role; see the timeouts of `connectDatabase`. */
const APP_SETTINGS = {
  lock_timeout: '2s',
  statement_timeout: '5s',
  idle_in_transaction_session_timeout: '10s',
} as const;

const NAME = /^[a-z][a-z0-9_]*$/;

/**
 * Creates the database, and for each service its schema and its roles. Idempotent; passwords are set anew.
 *
 * @param options.adminUrl connects as a superuser, to any database
 * @throws RangeError for a name that is no plain identifier
 */
export async function provisionDatabase(options: {
  readonly adminUrl: string;
  readonly database: string;
  readonly services: readonly ServiceRoles[];
}): Promise<void> {
  const { adminUrl, database, services } = options;
  for (const name of [database, ...services.map((service) => service.name)]) {
    if (!NAME.test(name)) throw new RangeError(`"${name}" is no name for a database or schema; use a-z, 0-9 and _`);
  }
  await alone(adminUrl, async (admin) => {
    for (const { name, ...passwords } of services) {
      for (const role of ROLES) await createRole(admin, `${name}_${role}`, passwords[`${role}Password`]);
    }
    const { rowCount } = await admin.query('select 1 from pg_database where datname = $1', [database]);
    if (!rowCount) await admin.query(`create database "${database}"`);
    await admin.query(`revoke all on database "${database}" from public`);
    for (const { name } of services) {
      const roles = ROLES.map((role) => `"${name}_${role}"`).join(', ');
      await admin.query(`grant connect on database "${database}" to ${roles}`);
    }
  });
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  await alone(url.href, async (admin) => {
    await admin.query('revoke all on schema public from public');
    for (const { name } of services) await createSchema(admin, database, name);
  });
}

async function createRole(admin: Client, role: string, password: string): Promise<void> {
  const { rowCount } = await admin.query('select 1 from pg_roles where rolname = $1', [role]);
  const rights = 'login nosuperuser nobypassrls nocreatedb nocreaterole noinherit';
  const secret = admin.escapeLiteral(password);
  await admin.query(`${rowCount ? 'alter' : 'create'} role "${role}" ${rights} password ${secret}`);
}

async function createSchema(admin: Client, database: string, name: string): Promise<void> {
  const roles = ROLES.map((role) => `${name}_${role}`);
  const [owner, app] = [`${name}_owner`, `${name}_app`];
  await admin.query(`create schema if not exists "${name}" authorization "${owner}"`);
  for (const role of roles.slice(1)) await admin.query(`grant usage on schema "${name}" to "${role}"`);
  await admin.query(`alter default privileges for role "${owner}" revoke execute on functions from public`);
  for (const role of roles) {
    await admin.query(`alter role "${role}" in database "${database}" set search_path = "${name}"`);
  }
  for (const [setting, value] of Object.entries(APP_SETTINGS)) {
    await admin.query(`alter role "${app}" in database "${database}" set ${setting} = '${value}'`);
  }
}

/** Two that grant, or create a role, at the same time fail with "tuple concurrently updated": one works, others wait. */
async function alone(url: string, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("select pg_advisory_lock(hashtextextended('adx.provision', 0))");
    await work(client);
  } finally {
    await client.end();
  }
}
