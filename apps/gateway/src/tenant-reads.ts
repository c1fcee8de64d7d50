import { tenantContract } from '@adx/tenant-contract';
import type { z } from 'zod';
import { HttpProblem, notFound } from './problem.ts';

/** A tenant as its owner tells it. */
export type TenantView = z.output<typeof tenantContract.reads.getTenant.output>;

/** Asks the owner of tenants. */
export interface TenantReads {
  /** @throws HttpProblem 404, or 503 when the owner does not answer */
  getTenant(principal: string): Promise<TenantView>;
  /** @throws Error when the owner cannot be reached */
  ready(): Promise<void>;
}

const TIMEOUT_MS = 3_000;

/** Reads over the internal port of the tenant service. */
export function createTenantReads(baseUrl: string): TenantReads {
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(new URL(path, baseUrl), { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
  return {
    async getTenant(principal) {
      const response = await ask(`/internal/reads/${tenantContract.reads.getTenant.name}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${principal}` },
        body: '{}',
      }).catch(() => undefined);
      if (response?.status === 404) throw notFound();
      const body: unknown = response?.ok ? await response.json().catch(() => undefined) : undefined;
      if (body === undefined) throw new HttpProblem(503, 'OwnerUnavailable', 'the tenant service does not answer');
      return tenantContract.reads.getTenant.output.parse(body);
    },
    async ready() {
      const { status } = await ask('/livez');
      if (status !== 200) throw new Error(`the tenant service answers ${status}`);
    },
  };
}
