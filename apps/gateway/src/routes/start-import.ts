import type { Out } from '@adx/contract-kit';
import { userContract } from '@adx/user-contract';
import type { ImportId } from '@adx/user-contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { GatewayParts } from '../gateway-parts.ts';
import { HttpProblem } from '../problem.ts';

const { importUsers } = userContract.workflows;

/**
 * Starts the process of a file that is with its owner. A crash between the two leaves an upload without a process: the
 * repeated request finds the upload and starts it.
 *
 * @throws HttpProblem 422 when the key was used before, with another file
 */
export async function startImport(
  { operations }: GatewayParts,
  request: FastifyRequest,
  reply: FastifyReply,
  upload: {
    readonly importId: z.output<typeof ImportId>;
    readonly key: string;
    readonly principal: string;
    readonly staged: Out<typeof userContract.uploads.stageUserImport>;
  },
): Promise<FastifyReply> {
  const { importId, key, principal, staged } = upload;
  if (staged.outcome === 'another') {
    throw new HttpProblem(422, 'IdempotencyKeyReused', 'this Idempotency-Key was used before, with another file');
  }
  const { operationId } = await operations.start(importUsers, {
    input: { importId },
    principal,
    subject: request.caller.subject,
    tenantId: request.caller.tenantId!,
    idempotencyKey: key,
    traceparent: request.traceparent,
  });
  const { total, failed } = staged;
  reply.header('Location', `/v1/user-imports/${importId}`);
  return reply.code(202).send({ operationId, importId, total, failed });
}
