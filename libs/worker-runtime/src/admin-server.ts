import type { Reads, Uploads } from '@adx/activity-middleware';
import { failure, statusOfFailure } from '@adx/contract-kit';
import type { Logger } from '@adx/telemetry';
import { ApplicationFailure } from '@temporalio/common';
import { LogController, fastify } from 'fastify';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { DEFAULT_UPLOAD_LIMIT } from './limited-body.ts';
import { uploadRoutes } from './upload-routes.ts';

/** A part that does not answer within this is not ready. */
const PROBE_TIMEOUT_MS = 2_000;
const BODY_LIMIT = 64 * 1024;

/** Health and metrics for the platform, reads and uploads for the gateway. Internal: reachable inside the cluster only. */
export function createAdminServer(options: {
  readonly service: string;
  readonly logger: Logger;
  readonly reads: Reads;
  readonly uploads?: Uploads;
  /** Bytes; 256 MiB by default. */
  readonly uploadLimit?: number;
  readonly probes: Readonly<Record<string, () => Promise<void>>>;
  /** Where this process exports its metrics, on loopback; this server is what others reach. */
  readonly metricsUrl?: string;
}): FastifyInstance {
  const { service, logger, reads, probes, metricsUrl, uploads = {}, uploadLimit = DEFAULT_UPLOAD_LIMIT } = options;
  const loggerInstance: FastifyBaseLogger = logger;
  const server = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT,
  });

  server.get('/livez', () => ({ status: 'alive' }));
  server.get('/version', () => ({ service, node: process.version }));
  server.get('/readyz', async (_request, reply) => {
    const parts = await Promise.all(
      Object.entries(probes).map(async ([name, probe]) => [name, await stateOf(probe)] as const),
    );
    const ready = parts.every(([, state]) => state === 'ok');
    return reply
      .code(ready ? 200 : 503)
      .send({ status: ready ? 'ready' : 'not ready', parts: Object.fromEntries(parts) });
  });
  server.get('/metrics', async (_request, reply) => {
    if (metricsUrl === undefined) throw failure('NotFound', 'this process exports no metrics');
    const exported = await fetch(metricsUrl, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    return reply
      .code(exported.status)
      .type(exported.headers.get('content-type') ?? 'text/plain')
      .send(await exported.text());
  });
  server.post<{ Params: { name: string } }>('/internal/reads/:name', (request) => {
    const { name } = request.params;
    const read = Object.hasOwn(reads, name) ? reads[name] : undefined;
    if (!read) throw failure('NotFound', `${service} has no read "${name}"`);
    const principal = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    return read(request.body, principal);
  });
  void server.register((scope) => uploadRoutes(scope, { service, uploads, uploadLimit }));
  server.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const known = error instanceof ApplicationFailure && error.type;
    const status = known ? statusOfFailure(known) : (error.statusCode ?? 500);
    if (status >= 500)
      request.log.error(
        { error },
        request.url === '/metrics' ? 'the metrics cannot be had' : 'a read or upload failed',
      );
    const code = known || (status < 500 ? 'InvalidInput' : 'InternalError');
    return reply
      .code(status)
      .type('application/problem+json')
      .send({ type: 'about:blank', title: code, status, code, detail: status < 500 ? error.message : 'see the log' });
  });
  return server;
}

async function stateOf(probe: () => Promise<void>): Promise<string> {
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => timeout.reject(new Error(`no answer within ${PROBE_TIMEOUT_MS} ms`)),
    PROBE_TIMEOUT_MS,
  );
  try {
    await Promise.race([probe(), timeout.promise]);
    return 'ok';
  } catch (error) {
    return (error as Error).message;
  } finally {
    clearTimeout(timer);
  }
}
