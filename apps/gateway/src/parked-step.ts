import { createHash } from 'node:crypto';
import { RESOLUTION_ACTIONS } from '@adx/contract-kit';
import { fingerprintOf } from '@adx/operations';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { principalFor } from './auth/principal-for.ts';
import type { GatewayParts } from './gateway-parts.ts';
import { idempotencyKey } from './idempotency-key.ts';
import { notFound } from './problem.ts';

/** A person's answer to a parked step. */
export const Resolution = z.strictObject({
  action: z.enum(RESOLUTION_ACTIONS),
  reason: z.string().trim().min(1).max(2_000),
  ticket: z.string().trim().min(1).max(200).optional(),
});

/** What becomes of it: known, or taken and not yet known. */
export const ANSWERS = {
  200: z.object({ step: z.string(), action: z.string(), outcome: z.enum(['resolved', 'parked-again']) }),
  202: z.object({ step: z.string(), action: z.string(), outcome: z.literal('pending') }),
};

type Answer = z.output<(typeof ANSWERS)[200]> | z.output<(typeof ANSWERS)[202]>;

/**
 * Passes an answer on to the process, under the caller's own principal: the owner of the step records it in its audit
 * before it takes effect.
 *
 * @throws HttpProblem 404 when there is no such operation; what `Operations.resolve` throws
 */
export async function answerParked(
  { operations, signer }: GatewayParts,
  request: FastifyRequest<{ Body: z.output<typeof Resolution> }>,
  { operationId, step }: { readonly operationId: string; readonly step: string },
): Promise<Answer> {
  const key = idempotencyKey(request);
  const { caller, body, traceparent } = request;
  const { action, reason, ticket } = body;
  const view = await operations.get(operationId);
  if (!view) throw notFound();
  const fingerprint = fingerprintOf({ step, action, reason, ticket: ticket ?? null });
  const resolved = await operations.resolve(operationId, {
    resolution: { step, action, reason, fingerprint, ...(ticket === undefined ? {} : { ticket }) },
    call: { operationId, principal: await principalFor(signer, caller, view.tenantId), traceparent },
    updateId: createHash('sha256').update(`${caller.subject}\n${key}`).digest('base64url'),
  });
  return { step, action, outcome: resolved?.outcome ?? ('pending' as const) } as Answer;
}
