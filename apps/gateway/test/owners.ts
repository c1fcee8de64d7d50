import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { PrincipalVerifier } from '@adx/principal';
import { closeServer } from './token-issuer.ts';

/** The services as the gateway sees them: an internal port that answers for the tenant of the principal. */
export interface Owners {
  readonly url: string;
  /** Tenants by id. */
  readonly tenants: Map<string, { readonly slug: string; readonly status?: string }>;
  /** Subscriptions by tenant, as they are answered. */
  readonly subscriptions: Map<string, object>;
  /** Proofs of tokens by the operation of their invitation. */
  readonly invitations: Map<string, string>;
  /** The tenants of users, by the id of the user. */
  readonly users: Map<string, string>;
  /** The reads that were asked, with their input. */
  readonly asked: { readonly read: string; readonly input: unknown }[];
  close(): Promise<void>;
}

interface Input {
  readonly userId?: string;
  readonly operationId?: string;
  readonly proof?: string;
}

export async function openOwners(verifier: PrincipalVerifier): Promise<Owners> {
  const tenants: Owners['tenants'] = new Map();
  const subscriptions: Owners['subscriptions'] = new Map();
  const invitations: Owners['invitations'] = new Map();
  const users: Owners['users'] = new Map();
  const asked: { read: string; input: unknown }[] = [];
  const createdAt = '2026-01-02T03:04:05.000Z';
  const user = (userId: string) => ({ userId, email: 'ann@acme.example', role: 'member', status: 'active', createdAt });

  const answers: Record<string, (tenantId: string, input: Input) => object | undefined> = {
    getTenant: (tenantId) => {
      const tenant = tenants.get(tenantId);
      return tenant && { tenantId, name: 'Acme', plan: 'free', status: 'active', createdAt, ...tenant };
    },
    findInvitation: (tenantId, { operationId = '', proof }) => {
      const isOwn = operationId.startsWith(`${tenantId}:`);
      return isOwn && invitations.get(operationId) === proof ? { accepted: false } : undefined;
    },
    getSubscription: (tenantId) => subscriptions.get(tenantId),
    getUser: (tenantId, { userId = '' }) => (users.get(userId) === tenantId ? user(userId) : undefined),
    listUsers: (tenantId) => {
      const own = [...users].filter(([, tenant]) => tenant === tenantId).map(([id]) => user(id));
      return { users: own, ...(own[0] ? { next: own[0].userId } : {}) };
    },
    listNotifications: () => ({ notifications: [] }),
  };

  const server = createServer((request, response) => {
    const answer = (status: number, body: object) => response.writeHead(status).end(JSON.stringify(body));
    if (request.url === '/livez') return void answer(200, { status: 'alive' });
    void Promise.all([verifier.verify(request.headers.authorization?.slice('Bearer '.length)), json(request)]).then(
      ([{ tenantId }, input]) => {
        const read = request.url?.replace('/internal/reads/', '') ?? '';
        asked.push({ read, input });
        const found = answers[read]?.(tenantId, input as Input);
        return found ? answer(200, found) : answer(404, { code: 'NotFound' });
      },
      () => answer(403, { code: 'TenantAccessDenied' }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tenants,
    subscriptions,
    invitations,
    users,
    asked,
    close: () => closeServer(server),
  };
}
