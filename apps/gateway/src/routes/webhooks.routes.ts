import { notificationContract } from '@adx/notification-contract';
import type { FastifyInstance } from 'fastify';
import type { GatewayParts } from '../gateway-parts.ts';
import { operationRoute } from '../operation-route.ts';

const { addWebhook } = notificationContract.workflows;

/** Where a tenant's own systems are told of what was sent to its members. */
export function webhookRoutes(app: FastifyInstance, parts: GatewayParts): void {
  operationRoute(app, parts, {
    method: 'POST',
    url: '/v1/webhooks',
    access: 'webhooks:write',
    summary: 'Register an endpoint for signed webhooks',
    process: addWebhook,
    body: addWebhook.input,
    input: ({ body }) => body,
  });
}
