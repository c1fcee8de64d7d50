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

/** Looks into the databases as the superuser, past row security: nothing that was left behind stays hidden. */
export interface Evidence {
  counts(): Promise<Counts>;
  ledger(operationId: string): Promise<readonly LedgerRow[]>;
  /** Who decided what about a step. */
  decisions(operationId: string): Promise<readonly { actor: string; action: string; detail: unknown }[]>;
  close(): Promise<void>;
}

export function createEvidence(postgresUrl: string): Evidence {
  const url = new URL(postgresUrl);
  url.pathname = '/adx';
  const pool = new pg.Pool({ connectionString: url.href, max: 2 });
  pool.on('error', () => undefined);
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
    close: () => pool.end(),
  };
}
