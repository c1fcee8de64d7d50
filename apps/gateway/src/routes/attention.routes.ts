import { ATTENTION_REMINDERS, attentionLevel, parseOperationId } from '@adx/contract-kit';
import type { Attention, Duration } from '@adx/contract-kit';
import type { OperationSummary, OperationView } from '@adx/operations';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { PERMISSIONS } from '../auth/permissions.ts';
import { sees } from '../auth/principal-for.ts';
import type { Caller } from '../auth/token-verifier.ts';
import type { GatewayParts } from '../gateway-parts.ts';
import { ANSWERS, Resolution, answerParked } from '../parked-step.ts';
import { HttpProblem, notFound } from '../problem.ts';
import { OperationError, OperationSummary as Summary, problems } from './operation-schema.ts';

/** `<operation id>.<step>`: an operation id has no full stop, so the first one ends it. */
const ID = /^([^.]+)\.([A-Za-z0-9~-]+)$/;

/** Something that waits for a person: an undo, a pivot of unknown outcome, a tail or an escalation. */
const Entry = z.object({
  id: z.string(),
  operationId: z.string(),
  operationType: z.string(),
  tenantId: z.string(),
  step: z.string(),
  service: z.string(),
  phase: z.string(),
  error: OperationError,
  since: z.string(),
  /** How urgent it is by the length of its wait: the operators were reminded so many times. */
  level: z.number().int(),
  /** What this caller may answer; empty for one who may only look. */
  actions: z.array(z.string()).readonly(),
});

const Id = z.object({ id: z.string() });
const tenantOf = (id: string) => parseOperationId(ID.exec(id)?.[1] ?? '')?.tenantId;

/** The one desk for everything that waits for a person, whichever process and service it belongs to. */
export function attentionRoutes(plain: FastifyInstance, parts: GatewayParts): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const { operations, reminders = ATTENTION_REMINDERS } = parts;

  app.get(
    '/v1/needs-attention',
    {
      config: { access: 'attention:read' },
      schema: {
        summary: 'List what waits for a person, newest operation first',
        querystring: z.strictObject({
          /** Operators only; the others see their own tenant. */
          tenant: z.guid().toLowerCase().optional(),
          /** Operations to look at; one of them may have several entries. */
          limit: z.coerce.number().int().min(1).max(50).default(20),
          page: z
            .string()
            .regex(/^[A-Za-z0-9_-]+$/)
            .max(2_000)
            .optional(),
        }),
        response: {
          200: z.object({
            entries: z.array(Entry).readonly(),
            /** These wait, too, but no worker answers for them at the moment: what for is not known here. */
            unanswered: z.array(Summary).readonly(),
            nextPage: z.string().optional(),
          }),
          ...problems(400, 401, 403, 404, 503),
        },
      },
    },
    async ({ caller, query }) => {
      const { tenant, limit, page } = query;
      if (tenant !== undefined && !sees(caller, tenant)) throw notFound();
      const tenantId = tenant ?? caller.tenantId;
      const waiting = await operations.list({
        status: 'needs-attention',
        limit,
        ...(tenantId ? { tenantId } : {}),
        ...(page ? { page } : {}),
      });
      const views = await Promise.all(
        waiting.operations.map(async (summary) => ({ summary, view: await operations.get(summary.operationId) })),
      );
      return {
        entries: views.flatMap(({ view }) => (view ? entriesOf(view, caller, reminders) : [])),
        unanswered: views.filter(isUnanswered).map(({ summary }) => summary),
        ...(waiting.nextPage === undefined ? {} : { nextPage: waiting.nextPage }),
      };
    },
  );

  app.get(
    '/v1/needs-attention/:id',
    {
      config: { access: 'attention:read', tenantOf },
      schema: {
        summary: 'Show one thing that waits for a person',
        params: Id,
        response: { 200: Entry, ...problems(401, 403, 404, 410, 503) },
      },
    },
    async ({ caller, params }) => {
      const { operationId } = placeOf(params.id);
      const view = await operations.get(operationId);
      if (!view) throw notFound();
      if (view.stale && view.status === 'needs-attention') {
        if (view.keysDestroyed) throw new HttpProblem(410, 'KeysDestroyed', 'the keys of the tenant are destroyed');
        throw new HttpProblem(503, 'WorkerUnavailable', 'no worker of the process answers; ask again');
      }
      const entry = entriesOf(view, caller, reminders).find(({ id }) => id === params.id);
      if (!entry) throw notFound();
      return entry;
    },
  );

  app.post(
    '/v1/needs-attention/:id/resolution',
    {
      config: { access: 'operations:resolve', tenantOf },
      schema: {
        summary: 'Answer what waits for a person',
        params: Id,
        body: Resolution,
        response: { ...ANSWERS, ...problems(400, 401, 403, 404, 409, 410, 422, 503) },
      },
    },
    async (request, reply) => {
      const answer = await answerParked(parts, request, placeOf(request.params.id));
      return answer.outcome === 'pending' ? reply.code(202).send(answer) : reply.code(200).send(answer);
    },
  );
}

function placeOf(id: string): { readonly operationId: string; readonly step: string } {
  const [, operationId, step] = ID.exec(id) ?? [];
  if (operationId === undefined || step === undefined) throw notFound();
  return { operationId, step };
}

function entriesOf(view: OperationView, caller: Caller, reminders: readonly Duration[]): z.output<typeof Entry>[] {
  const { operationId, type, tenantId } = view;
  const may = PERMISSIONS[caller.role].includes('operations:resolve');
  return (view.attention ?? []).map(({ step, service, phase, error, since, actions }: Attention) => ({
    id: `${operationId}.${step}`,
    operationId,
    operationType: type,
    tenantId,
    step,
    service,
    phase,
    error,
    since,
    level: attentionLevel(since, reminders, Date.now()),
    actions: may ? actions : [],
  }));
}

/** The list may lag behind: one that was answered meanwhile is neither an entry nor unanswered. */
function isUnanswered({ view }: { readonly view: OperationView | undefined; readonly summary: OperationSummary }) {
  return view?.stale === true && view.status === 'needs-attention';
}
