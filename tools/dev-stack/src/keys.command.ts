import { createInterface } from 'node:readline/promises';
import { NO_TENANT } from '@adx/contract-kit';
import { EncryptionConfig, connectEncryption } from '@adx/payload-codec';
import type { KeyList, TenantKeys } from '@adx/payload-codec';
import pg from 'pg';
import { readStackFile } from './stack-file.ts';
import { ensureStackKeys } from './stack-keys.ts';

const ACTIONS = ['list', 'rotate', 'destroy'] as const;
type Action = (typeof ACTIONS)[number];

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Said after a destruction, as it is true of every one. */
const BACKUPS =
  'A backup of the database, its write-ahead log included, holds the wrapped keys until it expires; running processes remember a key for up to 5 minutes.';

/** What a command says: for people, and for programs. */
interface Report {
  readonly text: string;
  readonly json: object;
}

/** `npm run keys`: shows, rotates and destroys the keys of the payloads of one tenant, in the running stack. */
export async function keys(
  folder: string,
  options: { readonly action?: string; readonly tenant?: string; readonly yes: boolean; readonly json: boolean },
): Promise<number> {
  const { yes, json } = options;
  const action = ACTIONS.find((one) => one === options.action);
  const tenant = options.tenant?.toLowerCase();
  const refuse = (why: string, code = 2) => {
    process.stderr.write(`${why}\n`);
    return code;
  };
  if (!action) return refuse('say what to do: npm run keys -- list|rotate|destroy; see npm run keys -- --help');
  if (tenant !== undefined && !UUID.test(tenant)) return refuse('--tenant is the id of a tenant');
  if (tenant === undefined && action !== 'list') return refuse(`${action} needs --tenant <the tenant's id>`);
  if (tenant === NO_TENANT && action !== 'list') {
    return refuse(`${NO_TENANT} is the platform's own key, which belongs to no tenant; it stays`);
  }
  const file = await readStackFile(folder);
  if (!file) return refuse('the stack does not run; start it with "npm start"', 1);

  const { rootKeyFile, passwords } = await ensureStackKeys(folder);
  const encryption = await connectEncryption(
    EncryptionConfig.parse({
      ADX_KEYS_DATABASE_URL: `postgres://keys_app:${passwords.keys.app}@${file.addresses.postgres}/adx`,
      ADX_ROOT_KEY_FILE: rootKeyFile,
    }),
  );
  try {
    const tenants = tenant === undefined ? await everyTenant(file.secrets.postgresUrl) : [tenant];
    if (tenant !== undefined) {
      const { versions, destroyed } = await encryption.keys.list(tenant);
      if (versions.length === 0 && !destroyed) return refuse(`no tenant ${tenant} ever had a key`, 1);
      if (destroyed && action !== 'list') {
        return refuse(`the keys of tenant ${tenant} were destroyed at ${destroyed.at}; this is for ever`, 1);
      }
      if (action === 'destroy' && !yes && !(await confirmed(tenant, versions.length))) return 1;
    }
    const report = await run(action, encryption.keys, tenants);
    process.stdout.write(json ? `${JSON.stringify(report.json, null, 2)}\n` : `${report.text}\n`);
    return 0;
  } finally {
    await encryption.close();
  }
}

async function run(action: Action, tenantKeys: TenantKeys, tenants: readonly string[]): Promise<Report> {
  const [tenantId] = tenants;
  if (action === 'rotate') {
    const { version, id } = await tenantKeys.rotate(tenantId!);
    const text = `tenant ${tenantId}: version ${version} encrypts from now on, in all processes within 5 minutes; older versions stay readable`;
    return { text, json: { tenantId, version, id } };
  }
  if (action === 'destroy') {
    const destroyed = await tenantKeys.destroy(tenantId!);
    const text = `tenant ${tenantId}: ${destroyed} wrapped ${destroyed === 1 ? 'key' : 'keys'} destroyed\n${BACKUPS}`;
    return { text, json: { tenantId, destroyed, notice: BACKUPS } };
  }
  const lists = await Promise.all(tenants.map(async (id) => ({ tenantId: id, ...(await tenantKeys.list(id)) })));
  return { text: lists.map(describe).join('\n') || 'no tenant has a key yet', json: { tenants: lists } };
}

function describe({ tenantId, versions, destroyed }: KeyList & { readonly tenantId: string }): string {
  const whose = tenantId === NO_TENANT ? `${tenantId} (the platform's own)` : tenantId;
  if (destroyed) return `${whose}  destroyed at ${destroyed.at} (${destroyed.versions} versions)`;
  const lines = versions.map(
    ({ version, id, rootKeyId, createdAt }) => `  version ${version}  ${id}  since ${createdAt}  root key ${rootKeyId}`,
  );
  return [whose, ...lines].join('\n');
}

/** As the superuser of the stack: the services' own role asks about one tenant at a time. */
async function everyTenant(postgresUrl: string): Promise<readonly string[]> {
  const pool = new pg.Pool({
    connectionString: Object.assign(new URL(postgresUrl), { pathname: '/adx' }).href,
    max: 1,
  });
  try {
    const { rows } = await pool.query<{ id: string }>(
      'select tenant_id as id from keys.tenant_key union select tenant_id from keys.destroyed_tenant order by id',
    );
    return rows.map(({ id }) => id);
  } finally {
    await pool.end();
  }
}

async function confirmed(tenant: string, versions: number): Promise<boolean> {
  if (!process.stdin.isTTY) {
    process.stderr.write('destroy makes every history of the tenant unreadable; say --yes when nobody can be asked\n');
    return false;
  }
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await prompt.question(
    `Destroy all ${versions} keys of tenant ${tenant}? Its histories become unreadable for ever, and its running operations cannot go on. [y/N] `,
  );
  prompt.close();
  return /^y(es)?$/i.test(answer.trim());
}
