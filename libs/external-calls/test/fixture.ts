import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import net from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { breakerGuard, bulkheadGuard } from '@adx/activity-middleware';
import type { BreakerOutcome, BreakerStore } from '@adx/activity-middleware';
import { createLogger } from '@adx/telemetry';
import { createBreaker, createBulkhead, createExternalCaller } from '../src/index.ts';
import type { BulkheadLimits, ExternalCall, ExternalCallerOptions, RegisteredHost } from '../src/index.ts';

export const TENANT = '3f0c9a52-6c1e-4c35-9d0b-2a2f1b1f6a10';

/** A breaker row that stays closed, and notes what it is told. */
export function closedBreakers() {
  const reports: BreakerOutcome[] = [];
  let permits = 0;
  const store: BreakerStore = {
    permit: async () => {
      permits += 1;
      return { verdict: 'closed', failures: 1 };
    },
    report: async (_service, outcome) => {
      reports.push(outcome);
      return { opened: false, failures: 1 };
    },
  };
  return { store, reports, permits: () => permits };
}

/** The lines of a logger. */
export function logged() {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return { lines, logger: createLogger({ service: 'shop', level: 'info', destination }) };
}

/** A caller that knows one host for all tenants, whatever is registered as. */
export function callerOf(
  host: RegisteredHost,
  options: Partial<ExternalCallerOptions> & { bulkhead?: BulkheadLimits; breakers?: BreakerStore } = {},
) {
  const breakers = closedBreakers();
  const log = logged();
  const breaker = createBreaker({ store: options.breakers ?? breakers.store, logger: log.logger });
  const guard = bulkheadGuard(createBulkhead(options.bulkhead), breakerGuard(breaker));
  const caller = createExternalCaller({
    hosts: { find: (_tenant, service) => (service === host.service ? host : undefined) },
    secrets: async (from) => Promise.reject(new Error(`the secret ${from} is not there`)),
    logger: log.logger,
    ...options,
  });
  const call = (one: ExternalCall) => caller(one, guard);
  return { call, breakers, log };
}

/** A call that reads. */
export function get(change: { host?: string; path?: string; signal?: AbortSignal } = {}): ExternalCall {
  return {
    tenantId: TENANT,
    host: 'carrier',
    method: 'GET',
    path: '/',
    signal: new AbortController().signal,
    ...change,
  };
}

/** A call that has an effect. */
export function post(change: Partial<Extract<ExternalCall, { method: 'POST' | 'PUT' | 'PATCH' | 'DELETE' }>> = {}) {
  const { signal } = new AbortController();
  const call = { tenantId: TENANT, host: 'carrier', method: 'POST', path: '/orders', idempotencyKey: 'key-1', signal };
  return { ...call, body: { item: 'book' }, ...change } as ExternalCall;
}

async function listen(server: Server): Promise<{ port: number; close: () => Promise<void> }> {
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket: net.Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Hears every connection, and hangs up. */
export async function startListener() {
  let connections = 0;
  const server = net.createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  return { ...(await listen(server)), connections: () => connections };
}

/** Another system, registered as a local host under the name `carrier`. */
export async function startCarrier(answer: (request: IncomingMessage, response: ServerResponse, body: string) => void) {
  const requests: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      requests.push({ method: request.method!, url: request.url!, headers: request.headers, body });
      answer(request, response, body);
    });
  });
  const { port, close } = await listen(server);
  const host: RegisteredHost = { service: 'carrier', hostname: '127.0.0.1', port, tenants: 'all', local: 'http' };
  return { host, requests, close };
}

/** Answers with a status and JSON. */
export function answers(status: number, body: unknown = { ok: true }, headers: Record<string, string> = {}) {
  return (_request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
}
