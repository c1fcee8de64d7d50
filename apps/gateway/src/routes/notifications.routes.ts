import { NO_TENANT } from '@adx/contract-kit';
import { NotificationId, notificationContract } from '@adx/notification-contract';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { principalFor } from '../auth/principal-for.ts';
import type { GatewayParts } from '../gateway-parts.ts';
import { operationRoute } from '../operation-route.ts';
import { problems } from './operation-schema.ts';

const { sendNotification } = notificationContract.workflows;
const { listNotifications } = notificationContract.reads;

/** Messages to the members of a tenant. */
export function notificationRoutes(plain: FastifyInstance, parts: GatewayParts): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const { signer, reads } = parts;

  operationRoute(plain, parts, {
    method: 'POST',
    url: '/v1/notifications',
    access: 'notifications:send',
    summary: 'Send a message to a member of the tenant: in-app, by e-mail, to webhooks',
    process: sendNotification,
    body: sendNotification.input,
    input: ({ body }) => body,
  });

  app.get(
    '/v1/notifications',
    {
      config: { access: 'notifications:read' },
      schema: {
        summary: "List the caller's own messages, newest first",
        querystring: z.strictObject({
          limit: z.coerce.number().int().min(1).max(100).default(20),
          page: NotificationId.optional(),
        }),
        response: {
          200: z.object({
            notifications: listNotifications.output.shape.notifications,
            nextPage: z.string().optional(),
          }),
          ...problems(400, 401, 403, 503),
        },
      },
    },
    async ({ caller, query: { limit, page } }) => {
      // What is written to operators is the platform's, and no tenant's.
      const principal = await principalFor(signer, caller, caller.tenantId ?? NO_TENANT);
      const input = { limit, ...(page ? { before: page } : {}) };
      const { notifications, next } = await reads.ask(listNotifications, input, principal);
      return { notifications, ...(next ? { nextPage: next } : {}) };
    },
  );
}
