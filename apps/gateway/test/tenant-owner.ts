import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PrincipalVerifier } from '@adx/principal';
import { closeServer } from './token-issuer.ts';

/** The tenant service as the gateway sees it: an internal port that answers for the tenant of the principal. */
export interface TenantOwner {
  readonly url: string;
  /** Tenants by id. */
  readonly tenants: Map<string, { readonly slug: string; readonly status?: string }>;
  /** Subscriptions by tenant, as they are answered. */
  readonly subscriptions: Map<string, object>;
  close(): Promise<void>;
}

export async function openTenantOwner(verifier: PrincipalVerifier): Promise<TenantOwner> {
  const tenants = new Map<string, { readonly slug: string; readonly status?: string }>();
  const subscriptions = new Map<string, object>();
  const server = createServer((request, response) => {
    const answer = (status: number, body: object) => response.writeHead(status).end(JSON.stringify(body));
    if (request.url === '/livez') return void answer(200, { status: 'alive' });
    verifier.verify(request.headers.authorization?.slice('Bearer '.length)).then(
      ({ tenantId }) => {
        const tenant = tenants.get(tenantId);
        if (request.url === '/internal/reads/getSubscription' && subscriptions.has(tenantId)) {
          return answer(200, subscriptions.get(tenantId)!);
        }
        if (request.url !== '/internal/reads/getTenant' || !tenant) return answer(404, { code: 'NotFound' });
        const row = { name: 'Acme', plan: 'free', status: 'active', createdAt: '2026-01-02T03:04:05.000Z' };
        return answer(200, { tenantId, ...row, ...tenant });
      },
      () => answer(403, { code: 'TenantAccessDenied' }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tenants,
    subscriptions,
    close: () => closeServer(server),
  };
}
