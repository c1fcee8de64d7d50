import { STATUS_CODES } from 'node:http';
import { OPERATION_STATUSES } from '@adx/contract-kit';
import { z } from 'zod';
import { Problem } from '../problem.ts';

export const OperationStatus = z.enum(OPERATION_STATUSES);

export const OperationError = z.object({ type: z.string(), message: z.string(), details: z.unknown().optional() });

const Head = {
  operationId: z.string(),
  type: z.string(),
  tenantId: z.string(),
  status: OperationStatus,
  startedAt: z.string(),
  closedAt: z.string().optional(),
};

/** Keys that a process of a newer build may add are left out. */
export const Operation = z.object({
  ...Head,
  /** The process could not be asked: this is the server's record, without steps. */
  stale: z.boolean(),
  /** False once nothing interrupts it any more. */
  cancellable: z.boolean(),
  steps: z
    .array(
      z.object({
        name: z.string(),
        service: z.string(),
        status: z.string(),
        /** How often it was run, recoveries included; of resilient processes. */
        attempts: z.number().int().optional(),
        startedAt: z.string(),
        endedAt: z.string().optional(),
        error: OperationError.optional(),
        undo: z.string().optional(),
      }),
    )
    .readonly(),
  attention: z
    .array(
      z.object({
        step: z.string(),
        service: z.string(),
        phase: z.string(),
        error: OperationError,
        since: z.string(),
        actions: z.array(z.string()).readonly(),
      }),
    )
    .readonly()
    .optional(),
  /** Of a long-running process. */
  progress: z
    .object({
      processed: z.number().int(),
      failed: z.number().int(),
      total: z.number().int(),
      percentage: z.number().int(),
      estimatedCompletionAt: z.string().optional(),
    })
    .optional(),
  /** Of event-driven processes. */
  entity: z
    .object({
      state: z.string(),
      dueAt: z.string().optional(),
      events: z.object({
        applied: z.number(),
        duplicate: z.number(),
        held: z.number(),
        late: z.number(),
        rejected: z.number(),
      }),
      reason: z.string().optional(),
    })
    .optional(),
  error: OperationError.optional(),
  result: z.unknown().optional(),
});

export const OperationSummary = z.object(Head);

const PROBLEM_RESPONSE = { content: { 'application/problem+json': { schema: Problem } } };

/** The problems a route may answer with. */
export function problems<const S extends readonly number[]>(
  ...statuses: S
): Record<S[number], typeof PROBLEM_RESPONSE & { readonly description: string }> {
  return Object.fromEntries(
    statuses.map((status) => [status, { ...PROBLEM_RESPONSE, description: STATUS_CODES[status] ?? 'Error' }]),
  ) as ReturnType<typeof problems<S>>;
}
