import { gatewayContract } from '@adx/gateway-contract';
import { userContract } from '@adx/user-contract';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { GatewayParts } from '../gateway-parts.ts';
import { operationRoute } from '../operation-route.ts';

const { eraseSubject } = gatewayContract.workflows;
const { getUser } = userContract.reads;

const tenantOf = (id: string) => z.guid().toLowerCase().safeParse(id).data;

/** People who are forgotten. An operation of the tenant: shown to its people, cancelled by its owner or an operator. */
export function erasureRoutes(app: FastifyInstance, parts: GatewayParts): void {
  operationRoute(app, parts, {
    method: 'POST',
    url: '/v1/tenants/:id/erasures',
    access: 'subjects:erase',
    summary: 'Remove a person of a tenant from every service',
    process: eraseSubject,
    body: eraseSubject.input,
    tenantOf,
    // An operator acts on the tenant of the path, which is not the operator's own.
    tenant: ({ params }) => tenantOf((params as { readonly id: string }).id)!,
    input: ({ body }) => body,
    find: ({ userId }, principal) => parts.reads.ask(getUser, { userId }, principal),
  });
}
