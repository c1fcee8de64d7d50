import { UserChange, UserId, userContract } from '@adx/user-contract';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { principalOf } from '../auth/principal-for.ts';
import type { GatewayParts } from '../gateway-parts.ts';
import { operationRoute } from '../operation-route.ts';
import { notFound } from '../problem.ts';
import { problems } from './operation-schema.ts';

const { createUser, updateUser, deleteUser } = userContract.workflows;
const { getUser, listUsers } = userContract.reads;

/** @throws HttpProblem 404: what is no id is nobody's */
function userIdOf(id: string): z.output<typeof UserId> {
  const parsed = UserId.safeParse(id);
  if (!parsed.success) throw notFound();
  return parsed.data;
}

/** The users of the caller's own tenant. */
export function userRoutes(plain: FastifyInstance, parts: GatewayParts): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const { signer, reads } = parts;
  const find = ({ userId }: { readonly userId: z.output<typeof UserId> }, principal: string) =>
    reads.ask(getUser, { userId }, principal);

  operationRoute(plain, parts, {
    method: 'POST',
    url: '/v1/users',
    access: 'users:write',
    summary: 'Create a user',
    process: createUser,
    body: createUser.input,
    input: ({ body }) => body,
  });

  app.get(
    '/v1/users',
    {
      config: { access: 'users:read' },
      schema: {
        summary: 'List the users, in the order of their ids',
        querystring: z.strictObject({
          limit: z.coerce.number().int().min(1).max(100).default(20),
          page: UserId.optional(),
        }),
        response: {
          200: z.object({ users: listUsers.output.shape.users, nextPage: z.string().optional() }),
          ...problems(400, 401, 403, 503),
        },
      },
    },
    async ({ caller, query: { limit, page } }) => {
      const principal = await principalOf(signer, caller);
      const { users, next } = await reads.ask(listUsers, { limit, ...(page ? { after: page } : {}) }, principal);
      return { users, ...(next ? { nextPage: next } : {}) };
    },
  );

  app.get(
    '/v1/users/:id',
    {
      config: { access: 'users:read' },
      schema: {
        summary: 'Show a user',
        params: z.object({ id: z.string() }),
        response: { 200: getUser.output, ...problems(401, 403, 404, 503) },
      },
    },
    async ({ caller, params }) => find({ userId: userIdOf(params.id) }, await principalOf(signer, caller)),
  );

  operationRoute(plain, parts, {
    method: 'PATCH',
    url: '/v1/users/:id',
    access: 'users:write',
    summary: "Change a user's address or role",
    process: updateUser,
    body: UserChange,
    input: ({ id, body }) => ({ userId: userIdOf(id), ...body }),
    find,
  });

  operationRoute(plain, parts, {
    method: 'DELETE',
    url: '/v1/users/:id',
    access: 'users:write',
    summary: 'Delete a user',
    process: deleteUser,
    input: ({ id }) => ({ userId: userIdOf(id) }),
    find,
  });
}
