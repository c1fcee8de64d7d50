import { SERVICES } from '@adx/services';
import type { ServiceName } from '@adx/services';
import pg from 'pg';
import { readStackFile } from './stack-file.ts';

/** What could not be delivered, or not be applied, and now waits for a person. */
export interface DeadLetter {
  /** `<service>/out/<tenant>/<id>` or `<service>/in/<tenant>/<event id>`. */
  readonly id: string;
  readonly what: string;
  readonly aggregate: string;
  readonly attempts: number;
  readonly error: string | null;
  readonly since: string;
  /** Rows of the same aggregate that wait behind it. */
  readonly behind: number;
}

const ACTIONS = ['list', 'requeue', 'discard'] as const;
type Action = (typeof ACTIONS)[number];

/** `npm run dead-letters`: shows what waits for a person, sends it once more or gives it up. */
export async function deadLetters(
  folder: string,
  options: { readonly action?: string; readonly service?: string; readonly id?: string; readonly json: boolean },
): Promise<number> {
  const { service, id, json } = options;
  const action = ACTIONS.find((one) => one === options.action);
  const services = SERVICES.filter((name) => service === undefined || name === service);
  if (!action || services.length === 0 || (action !== 'list' && id === undefined)) {
    process.stderr.write(
      `say ${ACTIONS.join(', ')}; all but list with --id; --service is one of ${SERVICES.join(', ')}\n`,
    );
    return 2;
  }
  const file = await readStackFile(folder);
  if (!file) {
    process.stderr.write('the stack does not run; start it with "npm start"\n');
    return 1;
  }
  const url = new URL(file.secrets.postgresUrl);
  url.pathname = '/adx';
  const pool = new pg.Pool({ connectionString: url.href, max: 1 });
  try {
    if (action === 'list') {
      const letters: DeadLetter[] = [];
      for (const name of services) letters.push(...(await listDeadLetters(pool, name)));
      process.stdout.write(json ? `${JSON.stringify({ letters }, null, 2)}\n` : asText(letters));
      return 0;
    }
    const done = await handleDeadLetter(pool, action, id!);
    if (json) process.stdout.write(`${JSON.stringify({ ok: done, action, id })}\n`);
    else if (done) process.stdout.write(`${action}: ${id}\n`);
    if (!done) process.stderr.write(`there is no dead letter "${id}"; see npm run dead-letters -- list\n`);
    return done ? 0 : 1;
  } finally {
    await pool.end();
  }
}

/** @param pool as a superuser: nobody else sees the dead letters of all tenants */
export async function listDeadLetters(pool: pg.Pool, service: ServiceName): Promise<DeadLetter[]> {
  const { rows } = await pool.query<DeadLetter>(
    `select '${service}/out/' || tenant_id || '/' || id as id,
            case kind when 'event' then payload ->> 'type' || ' to ' || split_part(target, '/', 2) else kind end as what,
            aggregate, attempts, last_error as error, dead_at::text as since,
            (select count(*)::int from "${service}".outbox b where b.tenant_id = o.tenant_id and b.target = o.target
               and b.aggregate = o.aggregate and b.seq > o.seq) as behind
       from "${service}".outbox o where dead_at is not null
     union all
     select '${service}/in/' || tenant_id || '/' || event_id, event, aggregate, attempts, last_error, dead_at::text,
            (select count(*)::int from "${service}".inbox b where b.tenant_id = i.tenant_id and b.source = i.source
               and b.aggregate = i.aggregate and b.seq > i.seq)
       from "${service}".inbox i where dead_at is not null
     order by since`,
  );
  return rows;
}

/** @returns whether there was such a dead letter */
export async function handleDeadLetter(pool: pg.Pool, action: Exclude<Action, 'list'>, id: string): Promise<boolean> {
  const match = /^([a-z]+)\/(in|out)\/([0-9a-f-]{36})\/([0-9a-f-]+)$/.exec(id);
  const service = SERVICES.find((name) => name === match?.[1]);
  if (!match || !service) return false;
  const [, , box, tenantId, key] = match;
  if (box === 'out') {
    const { rows } = await pool.query<{ done: boolean }>(`select "${service}".${action}_outbox($1, $2) as done`, [
      tenantId,
      key,
    ]);
    return rows[0]!.done;
  }
  const { rows } = await pool.query<{ done: boolean }>(
    `select "${service}".requeue_inbox(tenant_id, source, aggregate, seq, $3) as done from "${service}".inbox
       where tenant_id = $1 and event_id = $2 and dead_at is not null`,
    [tenantId, key, action === 'discard'],
  );
  return rows[0]?.done ?? false;
}

function asText(letters: readonly DeadLetter[]): string {
  if (letters.length === 0) return 'no dead letters\n';
  return letters
    .map(
      ({ id, what, aggregate, attempts, error, since, behind }) =>
        `${id}\n  ${what}, aggregate ${aggregate}, ${attempts} attempts, dead since ${since}, ${behind} behind it\n` +
        `  ${error ?? ''}\n`,
    )
    .join('');
}
