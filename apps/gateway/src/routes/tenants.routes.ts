import { tenantContract } from '@adx/tenant-contract';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { v5 as uuidV5 } from 'uuid';
import { z } from 'zod';
import { principalFor } from '../auth/principal-for.ts';
import type { GatewayParts } from '../gateway-parts.ts';
import { operationRoute } from '../operation-route.ts';
import { problems } from './operation-schema.ts';

/** The namespace of tenants' ids; made once, never to change. */
const TENANT_NAMESPACE = 'b3a0a5b2-6f0d-4c8e-9b1f-7d2e54c1a9e6';

const { onboardTenant, changePlan } = tenantContract.workflows;
const { getTenant } = tenantContract.reads;

const tenantOf = (id: string) => z.guid().toLowerCase().safeParse(id).data;

export function tenantRoutes(plain: FastifyInstance, parts: GatewayParts): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const { signer, reads } = parts;

  operationRoute(plain, parts, {
    method: 'POST',
    url: '/v1/tenants',
    access: 'tenants:onboard',
    summary: 'Onboard a tenant',
    process: onboardTenant,
    body: onboardTenant.input,
    // The same caller and key make the same tenant: a repeated request finds the first one's operation.
    tenant: ({ caller }, key) => uuidV5(`${caller.subject}\n${key}`, TENANT_NAMESPACE),
    input: ({ body }) => body,
  });

  app.get(
    '/v1/tenants/:id',
    {
      config: { access: 'tenants:read', tenantOf },
      schema: {
        summary: 'Show a tenant, as its owner tells it',
        params: z.object({ id: z.string() }),
        response: { 200: getTenant.output, ...problems(401, 403, 404, 503) },
      },
    },
    async ({ caller, params }) => reads.ask(getTenant, {}, await principalFor(signer, caller, tenantOf(params.id)!)),
  );

  operationRoute(plain, parts, {
    method: 'POST',
    url: '/v1/tenants/:id/plan',
    access: 'tenants:change-plan',
    summary: 'Put the tenant on another plan',
    process: changePlan,
    body: changePlan.input,
    tenantOf,
    input: ({ body }) => body,
  });
}
