import { tenantContract } from '@adx/tenant-contract';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { principalFor } from '../auth/principal-for.ts';
import type { GatewayParts } from '../gateway-parts.ts';
import { idempotencyKey } from '../idempotency-key.ts';
import { problems } from './operation-schema.ts';

const { suspendTenant, resumeTenant } = tenantContract.workflows;

const tenantOf = (id: string) => z.guid().toLowerCase().safeParse(id).data;

const CHANGES = [
  { path: 'suspension', summary: 'Suspend a tenant: its members cause no effect any more', process: suspendTenant },
  { path: 'resumption', summary: 'Let a suspended tenant work again', process: resumeTenant },
] as const;

/** The changes of a tenant's status. For operators: a suspended tenant cannot let itself work again. */
export function tenantStatusRoutes(plain: FastifyInstance, { operations, signer, tenantReads }: GatewayParts): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  for (const { path, summary, process } of CHANGES) {
    app.post(
      `/v1/tenants/:id/${path}`,
      {
        config: { access: 'tenants:suspend', tenantOf },
        schema: {
          summary,
          params: z.object({ id: z.string() }),
          body: z.strictObject({}).nullish(),
          response: {
            202: z.object({ operationId: z.string(), tenantId: z.string() }),
            ...problems(400, 401, 403, 404, 409, 415, 422, 503),
          },
        },
      },
      async (request, reply) => {
        const key = idempotencyKey(request);
        const { caller, traceparent, params } = request;
        const tenantId = tenantOf(params.id)!;
        const principal = await principalFor(signer, caller, tenantId);
        // The owner knows whether there is such a tenant; a process about nothing would only fail.
        await tenantReads.getTenant(principal);
        const { operationId } = await operations.start(process, {
          input: {},
          principal,
          subject: caller.subject,
          tenantId,
          idempotencyKey: key,
          traceparent,
        });
        return reply.header('Location', `/v1/operations/${operationId}`).code(202).send({ operationId, tenantId });
      },
    );
  }
}
