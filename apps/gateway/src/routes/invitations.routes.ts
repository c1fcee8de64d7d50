import { LONGEST_INVITATION_TOKEN, userContract } from '@adx/user-contract';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { acceptInvitation } from '../accept-invitation.ts';
import { limitByAddress } from '../address-limit.ts';
import type { GatewayParts } from '../gateway-parts.ts';
import { idempotencyKey } from '../idempotency-key.ts';
import { operationRoute } from '../operation-route.ts';
import { problems } from './operation-schema.ts';

const { inviteUser } = userContract.workflows;

/** A person accepts once, and 256 bits cannot be guessed: what this bounds is the load. */
const ACCEPTANCES = { limit: 30, windowMs: 60_000 };

/** Invitations: shown and withdrawn as operations, accepted by whoever has the token. */
export function invitationRoutes(plain: FastifyInstance, parts: GatewayParts): void {
  operationRoute(plain, parts, {
    method: 'POST',
    url: '/v1/invitations',
    access: 'users:invite',
    summary: 'Invite a user by mail; cancelling the operation withdraws the invitation',
    process: inviteUser,
    body: inviteUser.input,
    input: ({ body }) => body,
  });

  plain.withTypeProvider<ZodTypeProvider>().post(
    '/v1/invitations/acceptance',
    {
      config: { access: 'public' },
      onRequest: limitByAddress(ACCEPTANCES),
      schema: {
        summary: 'Accept an invitation with the token of its mail',
        security: [],
        // In the body: addresses end up in logs and histories.
        body: z.strictObject({ token: z.string().min(1).max(LONGEST_INVITATION_TOKEN) }),
        response: {
          202: z.object({ status: z.enum(['accepted', 'pending']) }),
          ...problems(400, 404, 413, 415, 429, 503),
        },
      },
    },
    async (request, reply) => {
      const { body, traceparent } = request;
      const accepted = await acceptInvitation(parts, {
        token: body.token,
        idempotencyKey: idempotencyKey(request),
        traceparent,
      });
      return reply.code(202).send({ status: accepted ? 'accepted' : 'pending' });
    },
  );
}
