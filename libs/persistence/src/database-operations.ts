import { failure, isFailure } from '@adx/contract-kit';
import type { DatabaseOperations, OperationCall, OperationResult, OperationSchemas } from '@adx/contract-kit';
import { ApplicationFailure } from '@temporalio/common';
import type { z } from 'zod';
import { databaseFailure } from './database-failure.ts';

/** What every operation finds besides its input: the tenant transaction of the step, and where failures are noted. */
export interface OperationContext {
  readonly tx: unknown;
  readonly log?: { warn(fields: object, message: string): void };
}

/** One handler for each declared operation; here and nowhere else is what it does in SQL. */
export type OperationHandlers<S extends OperationSchemas, Context extends OperationContext> = {
  readonly [N in keyof S]: (
    context: Context & { readonly input: z.output<S[N]['input']> },
  ) => Promise<z.output<S[N]['output']>>;
};

/** Declared operations with their handlers. */
export interface BoundOperations<S extends OperationSchemas, Context extends OperationContext> {
  /**
   * Runs operations in their order, in the transaction of the step and so under its ledger key: all of them commit with
   * it, once, or none does. Stops at the first that fails.
   *
   * @throws DatabaseError (retryable: deadlock, serialization, timeout, lost connection) or DatabaseRefused (final: a
   *   constraint) with `{ index, operation }` as details; a declared error as the handler threw it
   */
  runTransaction(
    list: readonly OperationCall<S>[],
    context: Context,
  ): Promise<{ readonly results: readonly OperationResult<S>[] }>;
}

/**
 * Binds code to the database operations that a contract declares.
 *
 * @throws TypeError naming every operation without a handler, and every handler that no operation has
 * @example
 * const seats = implementOperations(seatOperations).handlers<{ tx: HallTx; tenantId: string }>({
 *   takeSeat: async ({ tx, input }) => ...,
 * });
 * run: ({ input, ...context }) => seats.runTransaction(input.operations, context),
 */
export function implementOperations<S extends OperationSchemas>({ operations }: DatabaseOperations<S>) {
  return {
    handlers<Context extends OperationContext>(handlers: OperationHandlers<S, Context>): BoundOperations<S, Context> {
      const missing = Object.keys(operations).filter((name) => !Object.hasOwn(handlers, name));
      const unknown = Object.keys(handlers).filter((name) => !Object.hasOwn(operations, name));
      if (missing.length + unknown.length > 0) {
        const faults = [
          ...missing.map((name) => `${name}: has no handler`),
          ...unknown.map((name) => `${name}: is no declared operation; remove its handler`),
        ];
        throw new TypeError(`the database operations are incomplete:\n  - ${faults.join('\n  - ')}`);
      }
      return {
        async runTransaction(list, context) {
          const results: OperationResult<S>[] = [];
          for (const [index, { operation, input }] of list.entries()) {
            try {
              if (!Object.hasOwn(handlers, operation)) throw failure('InvalidInput', 'is no declared operation');
              const output = await handlers[operation]({ ...context, input });
              results.push({ operation, output } as OperationResult<S>);
            } catch (error) {
              throw failedAt(index, operation, error, context);
            }
          }
          return { results };
        },
      };
    },
  };
}

/** The failure with its place. What a handler threw on purpose stays as it is: only its author knows its details. */
function failedAt(index: number, operation: string, error: unknown, { log }: OperationContext): unknown {
  const failed = databaseFailure(error);
  const errorType = failed instanceof ApplicationFailure ? failed.type : 'UnexpectedError';
  log?.warn({ index, databaseOperation: operation, errorType }, 'a database operation failed');
  if (!isFailure(failed, 'DatabaseError', 'DatabaseRefused', 'InvalidInput')) return failed;
  return failure(failed.type, `operation ${index} (${operation}): ${failed.message}`, {
    details: [{ index, operation }],
  });
}
