import { parseOperationId } from '@adx/contract-kit';
import { BroadcastFault, notificationContract } from '@adx/notification-contract';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { principalOf } from '../auth/principal-for.ts';
import type { GatewayParts } from '../gateway-parts.ts';
import { operationRoute } from '../operation-route.ts';
import { HttpProblem, notFound } from '../problem.ts';
import { OperationStatus, problems } from './operation-schema.ts';
import { processControls } from './process-controls.ts';

const { broadcast } = notificationContract.workflows;
const { getBroadcast, listBroadcastFailures } = notificationContract.reads;

const Id = z.object({ id: z.string() });
const Count = z.number().int();

/** The counts are the owner's, the status is that of the process. */
const Broadcast = z.object({
  operationId: z.string(),
  status: OperationStatus,
  total: Count,
  processed: Count,
  sent: Count,
  failed: Count,
  percentage: Count,
  estimatedCompletionAt: z.string().optional(),
  startedAt: z.string(),
  closedAt: z.string().optional(),
});

/** A broadcast is its operation: the two have one id. */
const tenantOf = (id: string) => {
  const parts = parseOperationId(id);
  return parts?.workflowType === broadcast.name ? parts.tenantId : undefined;
};

/** Messages to all members of a tenant. */
export function broadcastRoutes(plain: FastifyInstance, parts: GatewayParts): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const { operations, reads, signer } = parts;
  const access = 'notifications:broadcast';
  const config = { access, tenantOf } as const;
  const url = '/v1/broadcasts/:id';

  operationRoute(plain, parts, {
    method: 'POST',
    url: '/v1/broadcasts',
    access,
    summary: 'Send a message to every member of the tenant: in-app, by e-mail',
    process: broadcast,
    body: broadcast.input,
    input: ({ body }) => body,
  });

  app.get(
    url,
    {
      config,
      schema: {
        summary: 'Show a broadcast and how far it is',
        params: Id,
        response: { 200: Broadcast, ...problems(401, 403, 404, 503) },
      },
    },
    async ({ caller, params: { id: operationId } }) => {
      const view = await operations.get(operationId);
      if (!view) throw notFound();
      const { status, progress, startedAt, closedAt } = view;
      const { total, processed, sent, failed } = await reads
        .ask(getBroadcast, { operationId }, await principalOf(signer, caller))
        .catch((error: unknown) => {
          if (error instanceof HttpProblem && error.status === 404) return NOT_OPEN_YET;
          throw error;
        });
      const estimatedCompletionAt = progress?.estimatedCompletionAt;
      return {
        operationId,
        status,
        total,
        processed,
        sent,
        failed,
        percentage: progress?.percentage ?? Math.floor((processed * 100) / Math.max(1, total)),
        ...(estimatedCompletionAt === undefined ? {} : { estimatedCompletionAt }),
        startedAt,
        ...(closedAt === undefined ? {} : { closedAt }),
      };
    },
  );

  app.get(
    `${url}/failures`,
    {
      config,
      schema: {
        summary: 'The members who have no message of it, and why',
        params: Id,
        querystring: z.strictObject({
          limit: z.coerce.number().int().min(1).max(100).default(20),
          page: listBroadcastFailures.input.shape.after,
        }),
        response: {
          200: z.object({
            failures: z.array(z.object({ userId: z.string(), reason: BroadcastFault })),
            nextPage: z.string().optional(),
          }),
          ...problems(400, 401, 403, 404, 503),
        },
      },
    },
    async ({ caller, params: { id: operationId }, query: { limit, page } }) => {
      const input = { operationId, limit, ...(page ? { after: page } : {}) };
      const answer = await reads.ask(listBroadcastFailures, input, await principalOf(signer, caller));
      return { failures: answer.failures, ...(answer.next ? { nextPage: answer.next } : {}) };
    },
  );

  processControls(plain, parts, {
    url,
    ...config,
    what: 'a broadcast',
    stays: 'the messages it sent stay',
    find: async ({ caller, params }: FastifyRequest) => ({
      operationId: (params as { readonly id: string }).id,
      principal: await principalOf(signer, caller),
    }),
  });
}

/** Its process has begun, and its owner has not written it down yet. */
const NOT_OPEN_YET = { total: 0, processed: 0, sent: 0, failed: 0 };
