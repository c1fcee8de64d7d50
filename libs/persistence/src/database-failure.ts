import { types } from 'node:util';
import { failure } from '@adx/contract-kit';
import { ApplicationFailure } from '@temporalio/common';
import { QUERY_TIMEOUT_MESSAGE } from './bounded-client.ts';

/** Serialization failure, deadlock, lock and statement timeout, shutdown of the server: another attempt may succeed. */
const TRANSIENT_STATES = new Set(['40001', '40P01', '55P03', '57014', '57P01', '57P02', '57P03', '53300', '25P03']);
/** Prisma's own: transaction closed or not started in time, server not reached, connection lost. */
const TRANSIENT_CODES = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2034']);
/** Errors of node-postgres and of the network; the first ones have a text only. */
const TRANSIENT_TEXTS = [
  'Connection terminated',
  QUERY_TIMEOUT_MESSAGE,
  'not queryable',
  'timeout exceeded when trying to connect',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
];
/** Raised by `finish_step` and `start_step`: the step was undone or taken over meanwhile. */
const STEP_LOST = 'ADX01';

/** What a tenant transaction threw, as the kernel names it; errors of handlers stay as they are. */
export function databaseFailure(error: unknown): unknown {
  // Not `instanceof`: errors of sockets come from Node itself, which under Jest has another `Error`.
  if (!types.isNativeError(error) || error instanceof ApplicationFailure) return error;
  const state = sqlState(error);
  if (state === STEP_LOST) return failure('StepFenced', 'the step was undone or taken over while this attempt ran');
  if (state && isTransient(state)) return failure('DatabaseError', `the database refused for now (${state})`);
  const code = prismaCode(error);
  if (code && TRANSIENT_CODES.has(code)) return failure('DatabaseError', `the database did not answer (${code})`);
  if (TRANSIENT_TEXTS.some((text) => error.message.includes(text))) {
    return failure('DatabaseError', 'the connection to the database was lost');
  }
  // Their messages quote rows and arguments, so only names and codes go on.
  if (state) return failure('DatabaseRefused', `the database refused for good (${refusal(state, error)})`);
  if (error.name.startsWith('PrismaClient')) return failure('DatabaseRefused', `${error.name} ${code ?? ''}`.trim());
  return error;
}

function isTransient(state: string): boolean {
  // Class 08: connection exceptions.
  return TRANSIENT_STATES.has(state) || state.startsWith('08');
}

interface AdapterCause {
  readonly originalCode?: unknown;
  readonly constraint?: { readonly index?: unknown };
}

interface AdapterError {
  readonly code?: unknown;
  readonly meta?: { readonly driverAdapterError?: { readonly cause?: AdapterCause } };
  readonly cause?: AdapterCause;
}

function refusal(state: string, error: Error): string {
  const { meta, cause } = error as unknown as AdapterError;
  const index = (meta?.driverAdapterError?.cause ?? cause)?.constraint?.index;
  return typeof index === 'string' ? `${state}, ${index}` : state;
}

function sqlState(error: Error): string | undefined {
  const { meta, cause } = error as unknown as AdapterError;
  const state = meta?.driverAdapterError?.cause?.originalCode ?? cause?.originalCode ?? (error as AdapterError).code;
  // A digit tells it from a code of the system (EPERM); those of Prisma look the same, but begin with P.
  return typeof state === 'string' && /^(?=.*\d)[0-9A-Z]{5}$/.test(state) && !/^P\d{4}$/.test(state)
    ? state
    : undefined;
}

function prismaCode(error: Error): string | undefined {
  const { code } = error as AdapterError;
  return typeof code === 'string' && /^P\d{4}$/.test(code) ? code : undefined;
}
