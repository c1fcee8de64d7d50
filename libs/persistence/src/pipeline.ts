import { types } from 'pg';
import type { SqlValue, Statement, StatementResult } from './statement.ts';

/** The messages of the extended protocol, as node-postgres offers them to query classes like pg-cursor. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void };
  close(message: { readonly type: 'S'; readonly name: string }): void;
  parse(message: { readonly name: string; readonly text: string; readonly types: readonly number[] }): void;
  bind(message: { readonly statement: string; readonly values: readonly (string | Buffer | null)[] }): void;
  describe(message: { readonly type: 'P'; readonly name: string }): void;
  execute(message: object): void;
  sync(): void;
}

interface Field {
  readonly name: string;
  readonly dataTypeID: number;
}

/**
 * Several statements in one round trip, for `client.query(...)`. There is one Sync, at the end: after an error the server
 * skips what follows, so that a COMMIT behind a statement that failed is never executed.
 *
 * @param prepared names of what this connection has prepared; what succeeds is added
 */
export function pipelineOf(
  statements: readonly Statement[],
  prepared: Set<string>,
  callback: (error: Error | null, results: readonly StatementResult[]) => void,
) {
  const results: StatementResult[] = [];
  let fields: readonly Field[] = [];
  let rows: unknown[] = [];
  const query = {
    // A property of its own: the client puts its timer around it.
    callback,
    submit(wire: Wire): void {
      // One write: otherwise each message may become a packet.
      wire.stream.cork();
      for (const { name, text, values } of statements) {
        if (!prepared.has(name)) {
          // After a pipeline that failed half-way nobody knows whether it is; closing what is not there is no error.
          wire.close({ type: 'S', name });
          wire.parse({ name, text, types: [] });
        }
        wire.bind({ statement: name, values: values.map(bound) });
        wire.describe({ type: 'P', name: '' });
        wire.execute({});
      }
      wire.sync();
      wire.stream.uncork();
    },
    handleRowDescription(message: { readonly fields: readonly Field[] }): void {
      ({ fields } = message);
    },
    handleDataRow(message: { readonly fields: readonly (string | null)[] }): void {
      rows.push(
        Object.fromEntries(fields.map(({ name, dataTypeID }, n) => [name, parsed(dataTypeID, message.fields[n])])),
      );
    },
    handleCommandComplete({ text: command }: { readonly text: string }): void {
      results.push({ command, rows });
      rows = [];
    },
    handleError(error: Error): void {
      query.callback(error, []);
    },
    handleReadyForQuery(): void {
      for (const { name } of statements) prepared.add(name);
      query.callback(null, results);
    },
  };
  return query;
}

function parsed(type: number, text: string | null | undefined): unknown {
  return text === null || text === undefined
    ? null
    : (types.getTypeParser(type, 'text') as (raw: string) => unknown)(text);
}

function bound(value: SqlValue): string | Buffer | null {
  if (value === null || Buffer.isBuffer(value)) return value;
  if (typeof value !== 'object') return String(value);
  return `{${value.map((item) => `"${item.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}
