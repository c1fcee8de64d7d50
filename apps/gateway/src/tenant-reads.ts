import { tenantContract } from '@adx/tenant-contract';
import type { z } from 'zod';
import { HttpProblem, notFound } from './problem.ts';

/** A tenant as its owner tells it. */
export type TenantView = z.output<typeof tenantContract.reads.getTenant.output>;

/** A tenant's subscription as its owner tells it. */
export type SubscriptionView = z.output<typeof tenantContract.reads.getSubscription.output>;

/** Asks the owner of tenants. */
export interface TenantReads {
  /** @throws HttpProblem 404, or 503 when the owner does not answer */
  getTenant(principal: string): Promise<TenantView>;
  /** @throws HttpProblem 404 when the tenant has none, or 503 when the owner does not answer */
  getSubscription(principal: string): Promise<SubscriptionView>;
  /** @throws Error when the owner cannot be reached */
  ready(): Promise<void>;
}

const TIMEOUT_MS = 3_000;

/** Reads over the internal port of the tenant service. */
export function createTenantReads(baseUrl: string): TenantReads {
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(new URL(path, baseUrl), { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
  const read = async (name: string, principal: string): Promise<unknown> => {
    const response = await ask(`/internal/reads/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${principal}` },
      body: '{}',
    }).catch(() => undefined);
    if (response?.status === 404) throw notFound();
    const body: unknown = response?.ok ? await response.json().catch(() => undefined) : undefined;
    if (body === undefined) throw new HttpProblem(503, 'OwnerUnavailable', 'the tenant service does not answer');
    return body;
  };
  const { getTenant, getSubscription } = tenantContract.reads;
  return {
    getTenant: async (principal) => getTenant.output.parse(await read(getTenant.name, principal)),
    getSubscription: async (principal) => getSubscription.output.parse(await read(getSubscription.name, principal)),
    async ready() {
      const { status } = await ask('/livez');
      if (status !== 200) throw new Error(`the tenant service answers ${status}`);
    },
  };
}
