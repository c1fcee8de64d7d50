import { failure } from '@adx/contract-kit';
import type { BreakerOutcome, BreakerStore } from '@adx/activity-middleware';
import type { Logger } from '@adx/telemetry';
import { ApplicationFailure } from '@temporalio/common';
import { ACCEPTED_ENCODINGS, BodyRefused } from './body.ts';
import { BREAKER, createBreaker } from './breaker.ts';
import type { BreakerLimits } from './breaker.ts';
import { createBulkhead } from './bulkhead.ts';
import type { BulkheadLimits } from './bulkhead.ts';
import { answerOf, callFailure, isOutage } from './call-outcome.ts';
import type { CallExternal, CallObservation, ExternalCall } from './external-call.ts';
import { strippedHeaders } from './headers.ts';
import { callUrl } from './hosts.ts';
import type { HostRegistry, RegisteredHost } from './hosts.ts';
import type { SecretReader } from './secrets.ts';
import { sendRequest } from './send-request.ts';
import type { IncomingAnswer } from './send-request.ts';
import { systemResolver, vettedAddress } from './vetted-address.ts';
import type { Resolver } from './vetted-address.ts';

/** 30 s for everything between the decision to call and the last byte of the answer. */
const CALL_TIMEOUT_MS = 30_000;

/** What a service supplies to call others. */
export interface ExternalCallerOptions {
  readonly hosts: HostRegistry;
  readonly breakers: BreakerStore;
  readonly secrets: SecretReader;
  readonly logger: Logger;
  readonly bulkhead?: BulkheadLimits;
  readonly breakerLimits?: BreakerLimits;
  readonly resolver?: Resolver;
  readonly observe?: (observation: CallObservation) => void;
  readonly timeoutMs?: number;
  /** A private certificate authority, trusted besides the system's. PEM. */
  readonly ca?: string;
  /** For tests only: where a vetted address leads. */
  readonly reroute?: (target: Target) => Target;
}

/** Where a connection goes. */
export interface Target {
  readonly address: string;
  readonly port: number;
}

/** One per process: the bulkhead counts the calls of this process, the breaker those of all. */
export function createExternalCaller(options: ExternalCallerOptions): CallExternal {
  const { hosts, secrets, logger, observe, ca, timeoutMs = CALL_TIMEOUT_MS } = options;
  const { resolver = systemResolver, reroute = (target: Target) => target, breakerLimits = BREAKER } = options;
  if (breakerLimits.probeMs <= timeoutMs) {
    throw new RangeError(`a probe of ${breakerLimits.probeMs} ms must outlast a call of ${timeoutMs} ms`);
  }
  const bulkhead = createBulkhead(options.bulkhead);
  const breaker = createBreaker({ store: options.breakers, logger, limits: breakerLimits });

  return async (call) => {
    const host = hosts.find(call.tenantId, call.host);
    // The name stays out of the message: an unregistered one may be anything.
    if (!host) throw failure('SsrfBlocked', 'the host is not registered for this tenant; register it by its name');
    const url = callUrl(host, call.path, call.query);
    if (call.method !== 'GET' && call.method !== 'HEAD' && !call.idempotencyKey) {
      throw new TypeError(`${call.method} needs an idempotencyKey: pass the key that the handler's call() was given`);
    }
    const signal = AbortSignal.any([call.signal, AbortSignal.timeout(timeoutMs)]);
    try {
      return await bulkhead.run(host.service, signal, () => admitted(call, host, url, signal));
    } catch (error) {
      // What was aborted while it waited for its turn.
      throw callFailure(error, call, host);
    }
  };

  async function admitted(call: ExternalCall, host: RegisteredHost, url: URL, signal: AbortSignal) {
    const headers = await headersOf(call, host);
    const report = await breaker.admit(host.service);
    const startedAt = performance.now();
    let outcome: BreakerOutcome = 'unknown';
    let status = 0;
    try {
      const answer = await dial(call, host, url, headers, signal);
      ({ status } = answer);
      outcome = isOutage(status) ? 'failed' : 'ok';
      return { ...answerOf(call, host, answer), durationMs: performance.now() - startedAt };
    } catch (error) {
      const failed = callFailure(error, call, host);
      const type = failed instanceof ApplicationFailure ? failed.type : failed.name;
      // Without a status nothing came, or nothing that could be read to its end.
      if (error instanceof BodyRefused) outcome = 'ok';
      else if (status === 0 && type === 'ExternalApiError') outcome = 'failed';
      const ms = Math.round(performance.now() - startedAt);
      logger.warn({ externalService: host.service, status, type, ms }, 'external call failed');
      throw failed;
    } finally {
      observe?.({ service: host.service, status, durationMs: performance.now() - startedAt });
      await report(outcome);
    }
  }

  async function dial(
    call: ExternalCall,
    host: RegisteredHost,
    url: URL,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<IncomingAnswer> {
    const local = host.local === true;
    const address = await abortable(vettedAddress({ hostname: url.hostname, local, resolver }), signal);
    const target = reroute({ address, port: Number(url.port) || (local ? 80 : 443) });
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    // By itself Node sends the body of a DELETE without any length, and its rest is the next request to the other side.
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    return sendRequest(
      { url, method: call.method, headers: { ...headers, ...length }, body, ...target, ca, signal },
      (code) => code >= 200 && code < 300 && call.method !== 'HEAD',
    );
  }

  async function headersOf(call: ExternalCall, host: RegisteredHost): Promise<Record<string, string>> {
    const secret = call.secretRef === undefined ? undefined : host.secrets?.[call.secretRef];
    if (call.secretRef !== undefined && !secret) {
      throw new TypeError(`${host.service} has no secret of the name in secretRef; register it with the host`);
    }
    return {
      ...strippedHeaders(call.headers ?? {}),
      accept: 'application/json',
      'accept-encoding': ACCEPTED_ENCODINGS,
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(call.idempotencyKey === undefined ? {} : { 'idempotency-key': call.idempotencyKey }),
      ...(secret ? { [secret.header.toLowerCase()]: `${secret.prefix ?? ''}${await secrets(secret.from)}` } : {}),
    };
  }
}

/** A look-up cannot be aborted; what it waits for can. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  return Promise.race([work, aborted]);
}
