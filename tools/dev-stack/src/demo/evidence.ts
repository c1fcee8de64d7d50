import { SERVICES } from '@adx/services';
import pg from 'pg';

/** Rows of all tenants in the services of an onboarding. */
export interface Counts {
  readonly tenants: number;
  readonly users: number;
  readonly channels: number;
}

/** One row of a ledger. */
export interface LedgerRow {
  readonly service: string;
  readonly step: string;
  readonly state: string;
  readonly attempt: number;
  readonly undoneAt: string | null;
}

/** What there still is of a tenant. */
export interface Left {
  /** Tables with rows of it, besides those that are kept for good: ledger, audit, and that it is closed. */
  readonly rows: readonly string[];
  readonly keysDestroyed: boolean;
  readonly auditEntries: number;
}

/** Looks into the databases as the superuser, past row security: nothing that was left behind stays hidden. */
export interface Evidence {
  counts(): Promise<Counts>;
  ledger(operationId: string): Promise<readonly LedgerRow[]>;
  /** Who decided what about a step. */
  decisions(operationId: string): Promise<readonly { actor: string; action: string; detail: unknown }[]>;
  leftOf(tenantId: string): Promise<Left>;
  /** Tables in which a row of the tenant has one of these texts. */
  recordsOf(tenantId: string, texts: readonly string[]): Promise<readonly string[]>;
  /** Plants a step that has begun a call and never ended it. @returns the subject of what is to be found */
  plant(tenantId: string, operationId: string): Promise<string>;
  removePlanted(tenantId: string): Promise<void>;
  close(): Promise<void>;
}

/** Also the counters of the rate limits, which are no data of the tenant's. */
const KEPT = ['step_ledger', 'audit', 'audit_head', 'audit_pending', 'access_tenant', 'rate_limit'];

export function createEvidence(postgresUrl: string): Evidence {
  const url = new URL(postgresUrl);
  url.pathname = '/adx';
  const pool = new pg.Pool({ connectionString: url.href, max: 2 });
  pool.on('error', () => undefined);
  /** Those with rows of tenants. */
  const tables = async (but: readonly string[]) => {
    const { rows } = await pool.query<{ name: string }>(
      `select format('%I.%I', table_schema, table_name) as name from information_schema.columns
         where table_schema = any ($1) and column_name = 'tenant_id' and table_name <> all ($2)`,
      [SERVICES, but],
    );
    return rows.map(({ name }) => name);
  };
  const everywhere = (select: (schema: string) => string) => SERVICES.map(select).join(' union all ');
  return {
    async counts() {
      const { rows } = await pool.query<Counts>(
        'select (select count(*)::int from tenant.tenant) as tenants, ' +
          '(select count(*)::int from "user".app_user) as users, ' +
          '(select count(*)::int from notification.channel) as channels',
      );
      return rows[0]!;
    },
    async ledger(operationId) {
      const { rows } = await pool.query<LedgerRow>(
        `select * from (${everywhere(
          (schema) =>
            `select '${schema}' as service, step, state, attempt, undone_at::text as "undoneAt", created_at ` +
            `from "${schema}".step_ledger where operation_id = $1`,
        )}) entries order by created_at`,
        [operationId],
      );
      return rows.map(({ service, step, state, attempt, undoneAt }) => ({ service, step, state, attempt, undoneAt }));
    },
    async decisions(operationId) {
      const { rows } = await pool.query<{ actor: string; action: string; detail: unknown }>(
        everywhere((schema) =>
          // An entry is chained a moment after it was written.
          ['audit_pending', 'audit']
            .map(
              (table) =>
                `select actor, action, detail from "${schema}".${table} ` +
                `where operation_id = $1 and action like '%.resolve'`,
            )
            .join(' union all '),
        ),
        [operationId],
      );
      return rows;
    },
    async recordsOf(tenantId, texts) {
      const each = (await tables([])).map(
        (name) => `(select '${name}' as name from ${name} t
          where tenant_id = $1 and exists (select from unnest($2::text[]) said where position(said in t::text) > 0) limit 1)`,
      );
      const { rows } = await pool.query<{ name: string }>(each.join(' union all '), [tenantId, texts]);
      return rows.map(({ name }) => name);
    },
    async leftOf(tenantId) {
      const each = (await tables(KEPT)).map(
        (name) => `(select '${name}' as name from ${name} where tenant_id = $1 limit 1)`,
      );
      const { rows } = await pool.query<{ name: string }>(each.join(' union all '), [tenantId]);
      const audits = SERVICES.flatMap((schema) => [`"${schema}".audit`, `"${schema}".audit_pending`]);
      const entries = audits.map((table) => `(select count(*) from ${table} where tenant_id = $1)`).join(' + ');
      const { rows: kept } = await pool.query<Omit<Left, 'rows'>>(
        `select exists (select from keys.destroyed_tenant where tenant_id = $1) as "keysDestroyed",
                (${entries})::int as "auditEntries"`,
        [tenantId],
      );
      return { rows: rows.map(({ name }) => name), ...kept[0]! };
    },
    async plant(tenantId, operationId) {
      await pool.query(
        `insert into "user".step_ledger
           (tenant_id, execution_key, step, operation_id, activity, state, attempt, lease_until)
           values ($1, $2 || '/planted', 'planted', $2, 'planted', 'started', 1, now() - interval '1 day')`,
        [tenantId, operationId],
      );
      return `${operationId}/planted`;
    },
    async removePlanted(tenantId) {
      await pool.query(`delete from "user".step_ledger where tenant_id = $1 and step = 'planted'`, [tenantId]);
    },
    close: () => pool.end(),
  };
}
