import { Readable } from 'node:stream';
import { NO_TENANT } from '@adx/contract-kit';
import { tenantContract } from '@adx/tenant-contract';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { principalFor } from '../auth/principal-for.ts';
import { cancelOperation } from '../cancel-operation.ts';
import type { GatewayParts } from '../gateway-parts.ts';
import { idempotencyKey } from '../idempotency-key.ts';
import { operationRoute } from '../operation-route.ts';
import { tenantExport } from '../tenant-export.ts';
import { OperationStatus, problems } from './operation-schema.ts';

const { offboardTenant } = tenantContract.workflows;
const { getOffboarding, getTenant } = tenantContract.reads;

const tenantOf = (id: string) => z.guid().toLowerCase().safeParse(id).data;
const tenantOfPath = ({ params }: FastifyRequest) => tenantOf((params as { readonly id: string }).id)!;
const Id = z.object({ id: z.string() });

/** What is there of the offboarding of a tenant while it can be withdrawn, and until its rows are gone. */
const Offboarding = getOffboarding.output.extend({ status: OperationStatus, withdrawable: z.boolean() });

/** A tenant leaves. Begun by operators, withdrawn also by its owner, who takes its data along until then. */
export function offboardingRoutes(plain: FastifyInstance, parts: GatewayParts): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const { operations, reads, signer } = parts;

  operationRoute(plain, parts, {
    method: 'POST',
    url: '/v1/tenants/:id/offboarding',
    access: 'tenants:offboard',
    summary: 'Offboard a tenant: closed at once, gone from every service after its grace',
    process: offboardTenant,
    body: z.strictObject({}).nullish(),
    tenantOf,
    // The operation outlives the tenant's keys, so it is of the platform.
    tenant: () => NO_TENANT,
    about: tenantOfPath,
    input: () => ({}),
    find: (_input, principal) => reads.ask(getTenant, {}, principal),
  });

  const find = async (request: FastifyRequest) => {
    const principal = await principalFor(signer, request.caller, tenantOfPath(request));
    return { principal, offboarding: await reads.ask(getOffboarding, {}, principal) };
  };

  app.get(
    '/v1/tenants/:id/offboarding',
    {
      config: { access: 'tenants:read', tenantOf },
      schema: {
        summary: 'Show the offboarding of a tenant, and until when it can be withdrawn',
        params: Id,
        response: { 200: Offboarding, ...problems(401, 403, 404, 503) },
      },
    },
    async (request) => {
      const { offboarding } = await find(request);
      const view = await operations.get(offboarding.operationId);
      return { ...offboarding, status: view?.status ?? 'running', withdrawable: view?.cancellable ?? false };
    },
  );

  app.post(
    '/v1/tenants/:id/offboarding/withdrawal',
    {
      config: { access: 'tenants:withdraw-offboarding', tenantOf },
      schema: {
        summary: 'Withdraw an offboarding: everything is as before',
        params: Id,
        body: z.strictObject({}).nullish(),
        response: { 202: z.object({ operationId: z.string() }), ...problems(400, 401, 403, 404, 409, 503) },
      },
    },
    async (request, reply) => {
      idempotencyKey(request);
      const { operationId } = (await find(request)).offboarding;
      await cancelOperation(operations, operationId);
      return reply.code(202).send({ operationId });
    },
  );

  app.get(
    '/v1/tenants/:id/offboarding/export',
    {
      config: { access: 'tenants:export', tenantOf },
      schema: {
        summary: 'Everything that is kept of a tenant that leaves: one JSON line for each row of each service',
        params: Id,
        response: { 200: z.any().describe('NDJSON'), ...problems(401, 403, 404, 503) },
      },
    },
    async (request, reply) => {
      // Only of a tenant that is closed: what its people do would tear it.
      const { principal, offboarding } = await find(request);
      const isOpen = async () => (await operations.get(offboarding.operationId))?.cancellable ?? false;
      reply.type('application/x-ndjson; charset=utf-8');
      return reply.send(Readable.from(tenantExport(reads, principal, isOpen)));
    },
  );
}
