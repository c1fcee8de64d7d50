import { CLOSED_STATUSES } from '@adx/contract-kit';
import type { OperationView } from '@adx/operations';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Permission } from '../auth/permissions.ts';
import type { GatewayParts } from '../gateway-parts.ts';
import { idempotencyKey } from '../idempotency-key.ts';
import { HttpProblem, notFound } from '../problem.ts';
import { problems } from './operation-schema.ts';

/** A long-running process, as its routes need it. */
export interface ControlledProcess {
  /** With one parameter, `:id`. */
  readonly url: string;
  readonly access: Permission;
  readonly tenantOf?: (id: string) => string | undefined;
  /** What it is called, with its article: `an import`. */
  readonly what: string;
  /** What stays of a cancelled one. */
  readonly stays: string;
  /** @throws HttpProblem 404 when the caller has no such process */
  readonly find: (request: FastifyRequest) => Promise<{ readonly operationId: string; readonly principal: string }>;
}

/** Adds `/pause`, `/resume` and `/cancellation`: taken while the process is open; what it does then, its state says. */
export function processControls(
  plain: FastifyInstance,
  { operations }: GatewayParts,
  { url, access, tenantOf, what, stays, find }: ControlledProcess,
): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const ask = (path: string, summary: string, act: (operationId: string, principal: string) => Promise<void>) =>
    app.post(
      `${url}/${path}`,
      {
        config: { access, ...(tenantOf ? { tenantOf } : {}) },
        schema: {
          summary,
          params: z.object({ id: z.string() }),
          body: z.strictObject({}).nullish(),
          response: { 202: z.object({ operationId: z.string() }), ...problems(400, 401, 403, 404, 409, 503) },
        },
      },
      async (request, reply) => {
        idempotencyKey(request);
        const { operationId, principal } = await find(request);
        const view = await operations.get(operationId);
        if (!view) throw notFound();
        // A repeated cancellation gets the same answer.
        const cancelled = path === 'cancellation' && view.status === 'cancelled';
        if (isClosed(view) && !cancelled) {
          throw new HttpProblem(409, 'OperationClosed', `the operation has ended: ${view.status}`);
        }
        if (!cancelled) await act(operationId, principal);
        reply.header('Location', `/v1/operations/${operationId}`);
        return reply.code(202).send({ operationId });
      },
    );

  const pause = (paused: boolean) => (operationId: string, principal: string) =>
    operations.setPaused(operationId, paused, { operationId, principal });
  ask('pause', `Pause ${what} after the batch that it is at`, pause(true));
  ask('resume', `Let ${what} go on that is paused`, pause(false));
  ask('cancellation', `End ${what}; ${stays}`, (operationId) => operations.cancel(operationId));
}

/** Whether nothing happens in it any more. */
export function isClosed({ status }: Pick<OperationView, 'status'>): boolean {
  return (CLOSED_STATUSES as readonly string[]).includes(status);
}
