import { parseOperationId } from '@adx/contract-kit';
import type { OperationView } from '@adx/operations';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { sees } from '../auth/principal-for.ts';
import { cancelOperation } from '../cancel-operation.ts';
import type { GatewayParts } from '../gateway-parts.ts';
import { idempotencyKey } from '../idempotency-key.ts';
import { ANSWERS, Resolution, answerParked } from '../parked-step.ts';
import { notFound } from '../problem.ts';
import { Operation, OperationStatus, OperationSummary, problems } from './operation-schema.ts';

const tenantOf = (id: string) => parseOperationId(id)?.tenantId;

const Id = z.object({ id: z.string() });
const Cancellation = z.strictObject({}).nullish();

export function operationRoutes(plain: FastifyInstance, parts: GatewayParts): void {
  const { operations } = parts;
  const app = plain.withTypeProvider<ZodTypeProvider>();

  const find = async (id: string): Promise<OperationView> => {
    const view = await operations.get(id);
    if (!view) throw notFound();
    return view;
  };

  app.get(
    '/v1/operations',
    {
      config: { access: 'operations:read' },
      schema: {
        summary: 'List operations, newest first',
        querystring: z.strictObject({
          status: OperationStatus.optional(),
          /** Operators only; the others see their own tenant. */
          tenant: z.guid().toLowerCase().optional(),
          limit: z.coerce.number().int().min(1).max(100).default(20),
          page: z
            .string()
            .regex(/^[A-Za-z0-9_-]+$/)
            .max(2_000)
            .optional(),
        }),
        response: {
          200: z.object({ operations: z.array(OperationSummary).readonly(), nextPage: z.string().optional() }),
          ...problems(400, 401, 403, 404, 503),
        },
      },
    },
    async ({ caller, query }) => {
      const { status, tenant, limit, page } = query;
      if (tenant !== undefined && !sees(caller, tenant)) throw notFound();
      const tenantId = tenant ?? caller.tenantId;
      const filter = {
        limit,
        ...(status ? { status } : {}),
        ...(tenantId ? { tenantId } : {}),
        ...(page ? { page } : {}),
      };
      return operations.list(filter);
    },
  );

  app.get(
    '/v1/operations/:id',
    {
      config: { access: 'operations:read', tenantOf },
      schema: {
        summary: 'Show an operation',
        params: Id,
        response: { 200: Operation, ...problems(401, 403, 404, 503) },
      },
    },
    ({ params }) => find(params.id),
  );

  app.post(
    '/v1/operations/:id/cancellation',
    {
      config: { access: 'operations:cancel', tenantOf },
      schema: {
        summary: 'Ask an operation to undo its steps and end',
        params: Id,
        body: Cancellation,
        response: { 202: z.object({ operationId: z.string() }), ...problems(400, 401, 403, 404, 409, 503) },
      },
    },
    async (request, reply) => {
      idempotencyKey(request);
      const { id: operationId } = request.params;
      await cancelOperation(operations, operationId);
      reply.header('Location', `/v1/operations/${operationId}`);
      return reply.code(202).send({ operationId });
    },
  );

  app.post(
    '/v1/operations/:id/steps/:step/resolution',
    {
      config: { access: 'operations:resolve', tenantOf },
      schema: {
        summary: 'Answer a parked step',
        params: Id.extend({ step: z.string() }),
        body: Resolution,
        response: {
          ...ANSWERS,
          ...problems(400, 401, 403, 404, 409, 410, 422, 503),
        },
      },
    },
    async (request, reply) => {
      const { id: operationId, step } = request.params;
      const answer = await answerParked(parts, request, { operationId, step });
      return answer.outcome === 'pending' ? reply.code(202).send(answer) : reply.code(200).send(answer);
    },
  );
}
