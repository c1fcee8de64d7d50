import type { AnyWorkflowDefinition, Bound, In } from '@adx/contract-kit';
import type { Started } from '@adx/operations';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Permission } from './auth/permissions.ts';
import { principalFor } from './auth/principal-for.ts';
import type { GatewayParts } from './gateway-parts.ts';
import { idempotencyKey } from './idempotency-key.ts';
import { resultOrProblem } from './operation-result.ts';
import { preferredWaitMs } from './prefer-wait.ts';
import { HttpProblem, notFound } from './problem.ts';
import { Operation, problems } from './routes/operation-schema.ts';

/** A route that starts a process. */
export interface OperationRoute<D extends AnyWorkflowDefinition & Bound, B extends z.ZodType> {
  readonly method: 'POST' | 'PATCH' | 'DELETE';
  /** With at most one parameter, `:id`. */
  readonly url: string;
  readonly access: Permission;
  readonly summary: string;
  readonly process: D;
  /** Usually the input of the process; a DELETE has none. */
  readonly body?: B;
  /** Whose the id of the path is, when that can be told from the id; see `FastifyContextConfig`. */
  readonly tenantOf?: (id: string) => string | undefined;
  /** The tenant that the process acts on; the caller's own by default. */
  readonly tenant?: (request: FastifyRequest, idempotencyKey: string) => string;
  /** The tenant that an operation of the platform is about; by default an operation is about the tenant that it is of. */
  readonly about?: (request: FastifyRequest) => string;
  /** The input of the process. @throws HttpProblem 404 when the id cannot be one */
  readonly input: (request: { readonly id: string; readonly body: z.output<B> }) => In<D>;
  /** Asks the owner for what the process is about. @throws HttpProblem 404 when the caller's tenant has no such thing */
  readonly find?: (input: In<D>, principal: string) => Promise<unknown>;
}

/**
 * Adds a route that starts a process: 202 with the operation's address, or, with `Prefer: wait=N`, the finished
 * operation or the problem it ended with. The Idempotency-Key makes it safe to repeat.
 *
 * @example
 * operationRoute(app, parts, {
 *   method: 'POST', url: '/v1/users', access: 'users:write', summary: 'Create a user',
 *   process: createUser, body: createUser.input, input: ({ body }) => body,
 * });
 */
export function operationRoute<D extends AnyWorkflowDefinition & Bound, B extends z.ZodType = z.ZodUndefined>(
  app: FastifyInstance,
  { operations, signer }: GatewayParts,
  route: OperationRoute<D, B>,
): void {
  const { method, url, access, summary, process, body, tenantOf } = route;
  app.route({
    method,
    url,
    config: { access, ...(tenantOf ? { tenantOf } : {}) },
    schema: {
      summary,
      ...(url.includes(':id') ? { params: z.object({ id: z.string() }) } : {}),
      ...(body ? { body } : {}),
      response: {
        200: Operation,
        202: z.object({ operationId: z.string(), tenantId: z.string() }),
        ...problems(400, 401, 403, 404, 409, 410, 413, 415, 422, 503),
      },
    },
    handler: async (request, reply) => {
      const key = idempotencyKey(request);
      const waitMs = preferredWaitMs(request);
      const { caller, traceparent } = request;
      const tenantId = route.tenant?.(request, key) ?? caller.tenantId;
      if (tenantId === undefined) throw notFound();
      const about = route.about?.(request) ?? tenantId;
      const { id = '' } = (request.params ?? {}) as { readonly id?: string };
      const start = {
        input: route.input({ id, body: request.body as z.output<B> }),
        principal: await principalFor(signer, caller, about),
        subject: caller.subject,
        tenantId,
        // The id of an operation of the platform does not say which tenant it is about.
        idempotencyKey: about === tenantId ? key : `${about}/${key}`,
        traceparent,
      };
      const { operationId } = (await begunBefore(start)) ?? (await operations.start(process, start));
      reply.header('Location', `/v1/operations/${operationId}`);
      if (waitMs !== undefined) {
        reply.header('Preference-Applied', `wait=${waitMs / 1_000}`);
        const ended = (await operations.ended(operationId, waitMs)) ? await operations.get(operationId) : undefined;
        const result = ended && resultOrProblem(ended);
        if (result) return reply.code(200).send(result);
      }
      return reply.code(202).send({ operationId, tenantId: about });
    },
  });

  /** What is not there may be gone because this very request removed it before: then its operation is the answer. */
  async function begunBefore(start: Parameters<typeof operations.find<D>>[1]): Promise<Started | undefined> {
    try {
      await route.find?.(start.input, start.principal);
      return undefined;
    } catch (error) {
      if (!(error instanceof HttpProblem && error.status === 404)) throw error;
      const begun = await operations.find(process, start);
      if (!begun) throw error;
      return begun;
    }
  }
}
