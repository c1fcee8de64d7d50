/** What a parameter may be. Everything else is made a text first, with a cast in the statement. */
export type SqlValue = string | number | Buffer | readonly string[] | null;

/**
 * One statement of the kernel, with bound parameters. It is prepared once per connection, under its name.
 *
 * `Row` is what it answers with, and exists for the compiler only.
 */
export interface Statement<Row = unknown> {
  readonly name: string;
  readonly text: string;
  readonly values: readonly SqlValue[];
  readonly row?: Row;
}

/** The answer to one statement. */
export interface StatementResult {
  /** What Postgres says it did: `SELECT 1`, or `ROLLBACK` to the COMMIT of a transaction that had failed. */
  readonly command: string;
  readonly rows: readonly unknown[];
}

export const BEGIN: Statement = { name: 'adx_begin', text: 'begin', values: [] };
/** A test that swallows its answer finds it on the wire by this name. */
export const COMMIT: Statement = { name: 'adx_commit', text: 'commit', values: [] };
