import type { FastifyInstance, RouteOptions } from 'fastify';
import { HttpProblem, notFound } from '../problem.ts';
import { PERMISSIONS } from './permissions.ts';
import type { Permission } from './permissions.ts';
import { sees } from './principal-for.ts';
import type { Caller, VerifyToken } from './token-verifier.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may use the route: holders of this permission, or anybody. */
    access?: Permission | 'public';
    /** Of a route with an id in its path: whose it is, or undefined when it is nobody's. */
    tenantOf?: (id: string) => string | undefined;
  }
  interface FastifyRequest {
    /** Set on every route that is not public. */
    caller: Caller;
  }
}

/**
 * Requires a token with the route's permission.
 *
 * @throws Error at boot, naming every route that does not say who may use it
 */
export function authenticateRequests(app: FastifyInstance, verifyToken: VerifyToken): void {
  const undeclared: string[] = [];
  app.addHook('onRoute', ({ method, url, config }: RouteOptions) => {
    if (config?.access === undefined) undeclared.push(`${String(method)} ${url}`);
  });
  app.addHook('onReady', async () => {
    if (undeclared.length > 0) {
      throw new Error(`routes without access: ${undeclared.join(', ')}; say config: { access: '<permission>' }`);
    }
  });
  app.decorateRequest('caller');
  app.addHook('onRequest', async (request) => {
    const { access, tenantOf } = request.routeOptions.config;
    // No access: only the handler of unknown routes has none, the others did not boot.
    if (access === undefined || access === 'public') return;
    request.caller = await verifyToken(request.headers.authorization);
    if (tenantOf) {
      // Before the permission: what is not the caller's does not exist for the caller, whatever the role may do.
      const tenantId = tenantOf((request.params as { readonly id: string }).id);
      if (tenantId === undefined || !sees(request.caller, tenantId)) throw notFound();
    }
    if (PERMISSIONS[request.caller.role].includes(access)) return;
    throw new HttpProblem(403, 'PermissionDenied', `the role "${request.caller.role}" lacks ${access}`);
  });
}
