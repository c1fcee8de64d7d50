import type { FastifyInstance } from 'fastify';
import type { GatewayParts } from '../gateway-parts.ts';

/** Alive, ready, and which part is not. */
export function healthRoutes(app: FastifyInstance, { probes }: GatewayParts): void {
  const config = { access: 'public' } as const;
  const schema = { hide: true };

  app.get('/livez', { config, schema }, () => ({ status: 'alive' }));

  app.get('/readyz', { config, schema }, async (_request, reply) => {
    const parts = await Promise.all(
      Object.entries(probes).map(async ([name, probe]) => {
        const state = await probe().then(
          () => 'ok',
          (error: Error) => error.message,
        );
        return [name, state] as const;
      }),
    );
    const ready = parts.every(([, state]) => state === 'ok');
    if (!ready) reply.code(503).header('Retry-After', '5');
    return { status: ready ? 'ready' : 'not ready', parts: Object.fromEntries(parts) };
  });

  app.get('/openapi.json', { config, schema }, () => app.swagger());
}
