import { SERVICES } from '@adx/services';
import type { TestPlatform } from './test-platform.ts';

/** What the ledgers and the audits of all services say of one operation. */
export interface SagaFootprint {
  /** Ledger states by step. */
  readonly ledger: Readonly<Record<string, string>>;
  /** Steps in the order in which they were undone, by the audit entries of all services. */
  readonly undone: readonly string[];
  /** Steps whose effect was caused, in order; one entry for each time. */
  readonly effects: readonly string[];
}

const SCHEMAS = SERVICES.map((name) => `"${name}"`);

/** Looks past row security, as the superuser: nothing that was left behind stays hidden. */
export async function sagaFootprint({ database }: TestPlatform, operationId: string): Promise<SagaFootprint> {
  const ask = async <R>(sql: string) => (await database.superuser.query(sql, [operationId])).rows as R[];
  const ledger = await ask<{ step: string; state: string }>(
    SCHEMAS.map((schema) => `select step, state from ${schema}.step_ledger where operation_id = $1`).join(
      ' union all ',
    ),
  );
  const audit = await ask<{ step: string; outcome: string }>(
    `select step, outcome from (${SCHEMAS.map(
      (schema) => `select step, outcome, at from ${schema}.audit_pending where operation_id = $1
         union all select step, outcome, at from ${schema}.audit where operation_id = $1`,
    ).join(' union all ')}) entries order by at`,
  );
  return {
    ledger: Object.fromEntries(ledger.map(({ step, state }) => [step, state])),
    undone: audit.filter(({ outcome }) => outcome === 'undone').map(({ step }) => step),
    effects: audit.filter(({ outcome }) => outcome === 'succeeded').map(({ step }) => step),
  };
}
