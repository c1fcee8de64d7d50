import { tenantContract } from '@adx/tenant-contract';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { GatewayParts } from '../gateway-parts.ts';
import { operationRoute } from '../operation-route.ts';

const { suspendTenant, resumeTenant } = tenantContract.workflows;
const { getTenant } = tenantContract.reads;

const tenantOf = (id: string) => z.guid().toLowerCase().safeParse(id).data;

const CHANGES = [
  { path: 'suspension', summary: 'Suspend a tenant: its members cause no effect any more', process: suspendTenant },
  { path: 'resumption', summary: 'Let a suspended tenant work again', process: resumeTenant },
] as const;

/** The changes of a tenant's status. For operators: a suspended tenant cannot let itself work again. */
export function tenantStatusRoutes(app: FastifyInstance, parts: GatewayParts): void {
  for (const { path, summary, process } of CHANGES) {
    operationRoute(app, parts, {
      method: 'POST',
      url: `/v1/tenants/:id/${path}`,
      access: 'tenants:suspend',
      summary,
      process,
      body: z.strictObject({}).nullish(),
      tenantOf,
      // An operator acts on the tenant of the path, which is not the operator's own.
      tenant: ({ params }) => tenantOf((params as { readonly id: string }).id)!,
      input: () => ({}),
      // The owner knows whether there is such a tenant; a process about nothing would only fail.
      find: (_input, principal) => parts.reads.ask(getTenant, {}, principal),
    });
  }
}
