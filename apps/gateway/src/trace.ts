import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    /** In every problem and every log line of this request. */
    traceId: string;
    /** W3C trace context, handed on with the operation. */
    traceparent: string;
  }
}

const TRACEPARENT = /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Takes up the caller's trace, or begins one. */
export function beginTrace(request: FastifyRequest): void {
  const header = request.headers['traceparent'];
  const theirs = typeof header === 'string' ? TRACEPARENT.exec(header) : null;
  request.traceId = theirs?.[1] ?? randomBytes(16).toString('hex');
  request.traceparent = theirs?.[0] ?? `00-${request.traceId}-${randomBytes(8).toString('hex')}-01`;
}

/** Gives every request its trace, and every answer its line in the log. */
export function traceRequests(app: FastifyInstance): void {
  app.decorateRequest('traceId', '');
  app.decorateRequest('traceparent', '');
  app.addHook('onRequest', async (request) => beginTrace(request));
  // Neither bodies nor query strings nor headers: they may be personal or secret.
  app.addHook('onResponse', async (request, reply) => {
    request.log.info(
      {
        method: request.method,
        route: request.routeOptions.url,
        status: reply.statusCode,
        durationMs: Math.round(reply.elapsedTime),
        traceId: request.traceId,
      },
      'request',
    );
  });
}
