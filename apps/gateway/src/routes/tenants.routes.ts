import { CLOSED_STATUSES, statusOfFailure } from '@adx/contract-kit';
import type { OperationView } from '@adx/operations';
import { tenantContract } from '@adx/tenant-contract';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { v5 as uuidV5 } from 'uuid';
import { z } from 'zod';
import { principalFor } from '../auth/principal-for.ts';
import type { GatewayParts } from '../gateway-parts.ts';
import { idempotencyKey } from '../idempotency-key.ts';
import { preferredWaitMs } from '../prefer-wait.ts';
import { HttpProblem } from '../problem.ts';
import { Operation, problems } from './operation-schema.ts';

/** The namespace of tenants' ids; made once, never to change. */
const TENANT_NAMESPACE = 'b3a0a5b2-6f0d-4c8e-9b1f-7d2e54c1a9e6';

const { onboardTenant } = tenantContract.workflows;

const tenantOf = (id: string) => z.guid().toLowerCase().safeParse(id).data;

export function tenantRoutes(plain: FastifyInstance, parts: GatewayParts): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const { operations, signer, tenantReads } = parts;

  app.post(
    '/v1/tenants',
    {
      config: { access: 'tenants:onboard' },
      schema: {
        summary: 'Onboard a tenant',
        body: onboardTenant.input,
        response: {
          200: Operation,
          202: z.object({ operationId: z.string(), tenantId: z.string() }),
          ...problems(400, 401, 403, 409, 410, 413, 415, 422, 503),
        },
      },
    },
    async (request, reply) => {
      const key = idempotencyKey(request);
      const waitMs = preferredWaitMs(request);
      const { caller, traceparent } = request;
      // The same caller and key make the same tenant: a repeated request finds the first one's operation.
      const tenantId = uuidV5(`${caller.subject}\n${key}`, TENANT_NAMESPACE);
      const { operationId } = await operations.start(onboardTenant, {
        input: request.body,
        principal: await principalFor(signer, caller, tenantId),
        subject: caller.subject,
        tenantId,
        idempotencyKey: key,
        traceparent,
      });
      reply.header('Location', `/v1/operations/${operationId}`);
      if (waitMs !== undefined) {
        reply.header('Preference-Applied', `wait=${waitMs / 1_000}`);
        const finished = (await operations.ended(operationId, waitMs)) ? await operations.get(operationId) : undefined;
        if (finished && (CLOSED_STATUSES as readonly string[]).includes(finished.status)) {
          return reply.code(200).send(resultOrProblem(finished));
        }
      }
      return reply.code(202).send({ operationId, tenantId });
    },
  );

  app.get(
    '/v1/tenants/:id',
    {
      config: { access: 'tenants:read', tenantOf },
      schema: {
        summary: 'Show a tenant, as its owner tells it',
        params: z.object({ id: z.string() }),
        response: { 200: tenantContract.reads.getTenant.output, ...problems(401, 403, 404, 503) },
      },
    },
    async ({ caller, params }) => {
      const principal = await principalFor(signer, caller, tenantOf(params.id)!);
      return tenantReads.getTenant(principal);
    },
  );
}

/** @throws HttpProblem: the one the operation ended with */
function resultOrProblem(view: OperationView): OperationView {
  if (view.status === 'completed' || view.status === 'completed-with-errors') return view;
  const { operationId, status: operationStatus, error } = view;
  const type = error?.type ?? 'InternalError';
  throw new HttpProblem(
    statusOfEnding(operationStatus, type),
    type,
    `${operationStatus}: ${error?.message ?? 'without a reason'}`,
    {
      operationId,
      operationStatus,
      ...(error?.details === undefined ? {} : { details: error.details }),
    },
  );
}

function statusOfEnding(status: OperationView['status'], type: string): number {
  if (status === 'timed-out') return 504;
  if (status === 'cancelled') return 409;
  const code = statusOfFailure(type);
  // "Try again later" would be a lie: the same key finds this very operation, and it has ended.
  return code === 503 ? 500 : code;
}
