import { z } from 'zod';
import type { Json, Wire } from './wire.ts';

/** What each named operation takes and gives. */
export type OperationSchemas = Readonly<Record<string, { readonly input: Wire; readonly output: Wire }>>;

/** One operation to run: its name, and what the service declared that it takes. */
export type OperationCall<S extends OperationSchemas> = {
  [N in keyof S & string]: { readonly operation: N; readonly input: z.output<S[N]['input']> };
}[keyof S & string];

/** What one operation gave. */
export type OperationResult<S extends OperationSchemas> = {
  [N in keyof S & string]: { readonly operation: N; readonly output: z.output<S[N]['output']> };
}[keyof S & string];

/** The closed union of what a service lets others do to its database. */
export interface DatabaseOperations<S extends OperationSchemas = OperationSchemas> {
  readonly operations: S;
  /** The input of an activity that runs a list of them, in one transaction. */
  readonly input: z.ZodType<{ readonly operations: readonly OperationCall<S>[] } & Json, Json>;
  /** Its output: one result per operation, in the order of the list. */
  readonly output: z.ZodType<{ readonly results: readonly OperationResult<S>[] } & Json, Json>;
}

/** A transaction that holds its locks longer is a batch, which has patterns of its own. */
const MOST_OPERATIONS = 100;
const NAME = /^[a-z][A-Za-z0-9]*$/;

/**
 * Declares named database operations. Callers choose among these names and nothing else: there is no place for SQL, for
 * the name of a table or of a column.
 *
 * @throws TypeError naming every name that is none, or when there are no operations
 * @example
 * export const seatOperations = defineDatabaseOperations({
 *   takeSeat: { input: z.strictObject({ seat: z.string() }), output: z.strictObject({ left: z.int() }) },
 * });
 * const changeSeats = defineActivity({ kind: 'pivot', input: seatOperations.input, output: seatOperations.output, ... });
 */
export function defineDatabaseOperations<const S extends OperationSchemas>(operations: S): DatabaseOperations<S> {
  const names = Object.keys(operations);
  if (names.length === 0) throw new TypeError('no database operation is declared: name at least one');
  const wrong = names.filter((name) => !NAME.test(name));
  if (wrong.length > 0) {
    throw new TypeError(`database operations are named in camelCase, these are not: ${wrong.join(', ')}`);
  }
  const unionOf = (part: 'input' | 'output') =>
    z.discriminatedUnion(
      'operation',
      names.map((name) => z.strictObject({ operation: z.literal(name), [part]: operations[name]![part] })) as never,
    );
  return {
    operations,
    input: z.strictObject({ operations: z.array(unionOf('input')).min(1).max(MOST_OPERATIONS) }) as never,
    output: z.strictObject({ results: z.array(unionOf('output')) }) as never,
  };
}
