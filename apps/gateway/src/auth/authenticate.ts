import type { FastifyInstance, RouteOptions } from 'fastify';
import { HttpProblem } from '../problem.ts';
import { PERMISSIONS } from './permissions.ts';
import type { Permission } from './permissions.ts';
import type { Caller, VerifyToken } from './token-verifier.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may use the route: holders of this permission, or anybody. */
    access?: Permission | 'public';
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
    const { access } = request.routeOptions.config;
    // No access: only the handler of unknown routes has none, the others did not boot.
    if (access === undefined || access === 'public') return;
    request.caller = await verifyToken(request.headers.authorization);
    if (PERMISSIONS[request.caller.role].includes(access)) return;
    throw new HttpProblem(403, 'PermissionDenied', `the role "${request.caller.role}" lacks ${access}`);
  });
}
