import { EntityOutcome, MOST_EVENTS_PER_DELIVERY } from '@adx/contract-kit';
import { OperationsError } from '@adx/operations';
import type { Sent } from '@adx/operations';
import { CUSTOMER_EVENTS, SubscriptionEvent, tenantContract } from '@adx/tenant-contract';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { sees } from '../auth/principal-for.ts';
import { recentPrincipals } from '../auth/recent-principals.ts';
import type { Caller } from '../auth/token-verifier.ts';
import type { GatewayParts } from '../gateway-parts.ts';
import { idempotencyKey } from '../idempotency-key.ts';
import { preferredWaitMs } from '../prefer-wait.ts';
import { HttpProblem, notFound } from '../problem.ts';
import { problems } from './operation-schema.ts';

const { tenantSubscription } = tenantContract.workflows;
const { getTenant, getSubscription } = tenantContract.reads;

/** Operators say whose; the others have one tenant. */
const Whose = z.strictObject({ tenant: z.guid().toLowerCase().optional() });

const Events = z.strictObject({ events: z.array(SubscriptionEvent).min(1).max(MOST_EVENTS_PER_DELIVERY) });

export function subscriptionRoutes(plain: FastifyInstance, parts: GatewayParts): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const { operations, signer, reads } = parts;
  const principalOf = recentPrincipals(signer);

  app.post(
    '/v1/subscription',
    {
      config: { access: 'subscription:begin' },
      schema: {
        summary: "Begin the trial of a tenant's subscription",
        querystring: Whose,
        body: tenantSubscription.input,
        response: {
          202: z.object({ operationId: z.string(), tenantId: z.string() }),
          ...problems(400, 401, 403, 404, 409, 413, 415, 503),
        },
      },
    },
    async (request, reply) => {
      const { caller, body: input, traceparent } = request;
      const tenantId = tenantOf(caller, request.query.tenant);
      const key = idempotencyKey(request);
      const principal = await principalOf(caller, tenantId);
      await requireOpenTenant(principal);
      const { operationId } = await operations
        .start(tenantSubscription, {
          input,
          principal,
          subject: caller.subject,
          tenantId,
          idempotencyKey: key,
          traceparent,
        })
        .catch((error: unknown) => {
          // Its identity is the tenant: whoever comes with another plan finds the subscription that is there.
          if (!(error instanceof OperationsError && error.code === 'IdempotencyKeyReused')) throw error;
          throw new HttpProblem(409, 'SubscriptionExists', 'the tenant has a subscription, which began otherwise');
        });
      return reply.code(202).header('Location', `/v1/operations/${operationId}`).send({ operationId, tenantId });
    },
  );

  app.post(
    '/v1/subscription/events',
    {
      config: { access: 'subscription:report' },
      schema: {
        summary: 'Report what happened to a subscription; each event id counts once',
        querystring: Whose,
        body: Events,
        response: {
          200: z.object({ operationId: z.string(), outcomes: z.array(EntityOutcome).readonly() }),
          202: z.object({ operationId: z.string(), accepted: z.number() }),
          ...problems(400, 401, 403, 404, 409, 413, 415, 503),
        },
      },
    },
    async (request, reply) => {
      const { caller, traceparent } = request;
      const { events } = request.body;
      const tenantId = tenantOf(caller, request.query.tenant);
      refuseForeignEvents(caller, events);
      const key = idempotencyKey(request);
      const waitMs = preferredWaitMs(request);
      const principal = await principalOf(caller, tenantId);
      const send = (mayBegin: boolean): Promise<Sent> =>
        operations.send(tenantSubscription, {
          input: tenantSubscription.input.parse({}),
          principal,
          subject: caller.subject,
          tenantId,
          idempotencyKey: key,
          traceparent,
          events,
          mayBegin,
          ...(waitMs === undefined ? {} : { withinMs: waitMs }),
        });
      const { operationId, outcomes } = await send(false).catch(async (error: unknown) => {
        const hasNone = error instanceof OperationsError && error.code === 'OperationUnknown';
        if (!hasNone || caller.role !== 'operator') throw error;
        await requireOpenTenant(principal);
        return send(true);
      });
      reply.header('Location', `/v1/operations/${operationId}`);
      if (waitMs !== undefined) reply.header('Preference-Applied', `wait=${waitMs / 1_000}`);
      if (!outcomes) return reply.code(202).send({ operationId, accepted: events.length });
      if (outcomes.every(({ outcome }) => outcome === 'late')) {
        throw new HttpProblem(409, 'EntityEnded', 'the subscription has ended; the events are kept', { outcomes });
      }
      return reply.code(200).send({ operationId, outcomes });
    },
  );

  app.get(
    '/v1/subscription',
    {
      config: { access: 'subscription:read' },
      schema: {
        summary: 'Show a subscription, as its owner tells it',
        querystring: Whose,
        response: { 200: getSubscription.output, ...problems(400, 401, 403, 404, 503) },
      },
    },
    async ({ caller, query }) =>
      reads.ask(getSubscription, {}, await principalOf(caller, tenantOf(caller, query.tenant))),
  );

  /** An id of a tenant that does not exist must not take a process into being. */
  async function requireOpenTenant(principal: string): Promise<void> {
    const { status } = await reads.ask(getTenant, {}, principal);
    if (status === 'pending') throw new HttpProblem(409, 'TenantPending', 'the tenant is not open yet');
  }
}

function tenantOf(caller: Caller, asked: string | undefined): string {
  if (asked !== undefined && !sees(caller, asked)) throw notFound();
  const tenantId = asked ?? caller.tenantId;
  if (tenantId === undefined) throw new HttpProblem(400, 'TenantMissing', 'say whose subscription: ?tenant=<id>');
  return tenantId;
}

/** A tenant must not report its own payments. The owner of the data checks it again, at the effect. */
function refuseForeignEvents({ role }: Caller, events: readonly SubscriptionEvent[]): void {
  const mine = (type: string) => CUSTOMER_EVENTS.includes(type) === (role === 'owner');
  const foreign = new Set(events.map(({ type }) => type).filter((type) => !mine(type)));
  if (foreign.size === 0) return;
  throw new HttpProblem(403, 'PermissionDenied', `the role "${role}" does not report ${[...foreign].join(', ')}`);
}
