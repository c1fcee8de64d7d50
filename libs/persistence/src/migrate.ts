import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';

const KERNEL = fileURLToPath(new URL('../migrations', import.meta.url));

/** A migration that cannot be applied; its message names the file and the remedy. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/**
 * Applies the kernel's migrations, then the service's, each in a transaction of its own. Several at once are safe: one
 * works, the others wait and find nothing left to do.
 *
 * @param options.url connects as the owner role of the service
 * @param options.folder holds `<time>_<name>/migration.sql` files
 * @param options.kernel false for a schema that is no service's and has tables of its own only, like `keys`
 * @returns the names of those that were applied
 * @throws MigrationError when one fails, or was changed after it was applied
 */
export async function migrate(options: {
  readonly url: string;
  readonly folder: string;
  readonly kernel?: boolean;
}): Promise<readonly string[]> {
  const { kernel = true } = options;
  const migrations = [...(kernel ? await readMigrations(KERNEL) : []), ...(await readMigrations(options.folder))];
  const client = new Client({ connectionString: options.url });
  await client.connect();
  try {
    await client.query("select pg_advisory_lock(hashtextextended('adx.migrate/' || current_schema(), 0))");
    await client.query(
      'create table if not exists _migration ' +
        '(name text primary key, checksum text not null, applied_at timestamptz not null default now())',
    );
    const { rows } = await client.query<{ name: string; checksum: string }>('select name, checksum from _migration');
    const known = new Map(rows.map(({ name, checksum }) => [name, checksum]));
    refuseChanged(migrations, known);
    const pending = migrations.filter(({ name }) => !known.has(name));
    for (const migration of pending) await apply(client, migration);
    return pending.map(({ name }) => name);
  } finally {
    await client.end();
  }
}

/** Looks at all of them before the first is applied: half a history on top of a changed one would help nobody. */
function refuseChanged(migrations: readonly Migration[], known: ReadonlyMap<string, string>): void {
  const changed = migrations.filter(({ name, checksum }) => known.has(name) && known.get(name) !== checksum);
  if (changed.length === 0) return;
  throw new MigrationError(
    `${changed.map(({ name }) => name).join(', ')} was changed after it was applied; ` +
      'restore it and write the change as a new migration',
  );
}

async function apply(client: Client, { name, sql, checksum }: Migration): Promise<void> {
  await client.query('begin');
  try {
    await client.query(sql);
    await client.query('insert into _migration (name, checksum) values ($1, $2)', [name, checksum]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw new MigrationError(`${name} failed and left nothing behind: ${(error as Error).message}`, { cause: error });
  }
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  return Promise.all(
    names
      .map(({ name }) => name)
      .sort()
      .map(async (name) => {
        const sql = await readFile(join(folder, name, 'migration.sql'), 'utf8');
        return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
      }),
  );
}
