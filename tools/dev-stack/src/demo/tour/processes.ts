import { waitUntil } from '@adx/local-parts';
import type { Answer, GatewayClient, OperationBody } from '../gateway-client.ts';
import { ENDED, onboardingOf } from '../stage.ts';
import type { Stage } from '../stage.ts';

export const WITHIN_MS = 40_000;

/** A tenant of a story's own, so that stories do not depend on each other, and its owner as a caller. */
export interface OpenTenant {
  readonly tenantId: string;
  readonly ownerId: string;
  readonly ownerEmail: string;
  readonly owner: GatewayClient;
}

/** Onboards a tenant. Its name is also the domain of its people: no two stories share a mailbox. */
export async function openTenant(stage: Stage, slug: string): Promise<OpenTenant> {
  const body = onboardingOf(stage, slug, `${slug}.example`);
  const { status, result, error } = await run(stage.gateway, 'POST /v1/tenants', body);
  if (status !== 'completed') throw new Error(`the onboarding of ${slug} ended as ${status}: ${JSON.stringify(error)}`);
  const { tenantId, ownerId } = result as Pick<OpenTenant, 'tenantId' | 'ownerId'>;
  const owner = await stage.as({ role: 'owner', tenant: tenantId, sub: ownerId });
  return { tenantId, ownerId, ownerEmail: body.ownerEmail, owner };
}

/** What the gateway says when it has taken a request. @throws Error when it has not */
export async function taken(answer: Promise<Answer>): Promise<Answer['body']> {
  const { status, body } = await answer;
  if (status < 200 || status > 299) throw new Error(`the gateway answered ${status}: ${JSON.stringify(body)}`);
  return body;
}

/** Starts a process. @returns its operation id */
export async function start(client: GatewayClient, route: string, body?: unknown): Promise<string> {
  return String((await taken(client.send(route, body)))['operationId']);
}

/** Starts a process and watches it to its end, whatever that is. */
export async function run(client: GatewayClient, route: string, body?: unknown): Promise<OperationBody> {
  return client.until(await start(client, route, body), ENDED, WITHIN_MS);
}

/** A process that another one has started, at its end: lists come from an index that follows a moment later. */
export async function followUp(stage: Stage, tenantId: string, process: string): Promise<OperationBody> {
  const found = await waitUntil(
    async () => {
      const { operations } = await taken(stage.gateway.get(`/v1/operations?tenant=${tenantId}&limit=100`));
      return (operations as readonly OperationBody[]).find(({ type }) => type === process);
    },
    { within: WITHIN_MS },
  );
  if (!found) throw new Error(`nothing has started ${process} in ${WITHIN_MS} ms`);
  return stage.gateway.until(found.operationId, ENDED, WITHIN_MS);
}

/** Whether a process ended without its effect, for this reason. */
export const failedFor = ({ status, error }: OperationBody, type: string) =>
  (status === 'failed' || status === 'compensated') && error?.type === type;

export const completed = ({ status }: OperationBody) => status === 'completed';
