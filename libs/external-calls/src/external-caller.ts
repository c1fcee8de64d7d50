import type { BreakerOutcome, Exchange } from '@adx/activity-middleware';
import { failure } from '@adx/contract-kit';
import type { Logger } from '@adx/telemetry';
import { ApplicationFailure } from '@temporalio/common';
import { BodyRefused } from './body.ts';
import { callHeaders } from './call-headers.ts';
import { answerOf, callFailure, isOutage } from './call-outcome.ts';
import { CALL_TIMEOUT_MS } from './external-call.ts';
import type { CallObservation, ExternalAnswer, ExternalCall, ExternalCaller } from './external-call.ts';
import { callUrl } from './hosts.ts';
import type { HostRegistry, RegisteredHost } from './hosts.ts';
import type { SecretReader } from './secrets.ts';
import { sendRequest } from './send-request.ts';
import type { IncomingAnswer, OutgoingRequest } from './send-request.ts';
import { systemResolver, vettedAddress } from './vetted-address.ts';
import type { Resolver } from './vetted-address.ts';

/** What a service supplies to call others. */
export interface ExternalCallerOptions {
  readonly hosts: HostRegistry;
  /** Whether hosts from a tenant's rows may be local: outside production only. */
  readonly allowLocal?: boolean;
  readonly secrets: SecretReader;
  readonly logger: Logger;
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

/** One per process. It knows which hosts there are and how to call them; the guards of the chain say when. */
export function createExternalCaller(options: ExternalCallerOptions): ExternalCaller {
  const { hosts, secrets, logger, observe, ca, timeoutMs = CALL_TIMEOUT_MS } = options;
  const { resolver = systemResolver, reroute = (target: Target) => target } = options;
  if (timeoutMs > CALL_TIMEOUT_MS) {
    throw new RangeError(`a call of ${timeoutMs} ms would outlast the ${CALL_TIMEOUT_MS} ms that a probe may take`);
  }

  return async (call, guard) => {
    const host = hostOf(call);
    const url = callUrl(host, call.path, call.query);
    if (call.method !== 'GET' && call.method !== 'HEAD' && !call.idempotencyKey) {
      throw new TypeError(`${call.method} needs an idempotencyKey: pass the key that the handler's call() was given`);
    }
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const headers = await callHeaders(call, host, body, secrets);
    const signal = AbortSignal.any([call.signal, AbortSignal.timeout(timeoutMs)]);
    const guarded = { service: host.lane ?? host.service, signal };
    let exchange: Exchange<ExternalAnswer>;
    try {
      exchange = await guard(guarded, () => send(call, host, { url, headers, body, signal }));
    } catch (error) {
      // What was refused, or aborted while it waited for its turn.
      throw callFailure(error, call, host);
    }
    if ('failed' in exchange) throw exchange.failed;
    return exchange.answer;
  };

  function hostOf(call: ExternalCall): RegisteredHost {
    const host = typeof call.host === 'string' ? hosts.find(call.tenantId, call.host) : call.host;
    const may = host && (host.tenants === 'all' || host.tenants.includes(call.tenantId));
    // The name stays out of the message: an unregistered one may be anything.
    if (!may) throw failure('SsrfBlocked', 'the host is not registered for this tenant; register it by its name');
    if (host.local && typeof call.host !== 'string' && !options.allowLocal) {
      throw failure('SsrfBlocked', `${host.service} is on this machine, which is for tests and dev stacks only`);
    }
    return host;
  }

  async function send(call: ExternalCall, host: RegisteredHost, request: Prepared): Promise<Exchange<ExternalAnswer>> {
    const startedAt = performance.now();
    let outcome: BreakerOutcome = 'unknown';
    let status = 0;
    try {
      const answer = await dial(call, host, request);
      ({ status } = answer);
      outcome = isOutage(status) ? 'failed' : 'ok';
      return { outcome, answer: { ...answerOf(call, host, answer), durationMs: performance.now() - startedAt } };
    } catch (error) {
      const failed = callFailure(error, call, host);
      const type = failed instanceof ApplicationFailure ? failed.type : failed.name;
      // Without a status nothing came, or nothing that could be read to its end.
      if (error instanceof BodyRefused) outcome = 'ok';
      else if (status === 0 && type === 'ExternalApiError') outcome = 'failed';
      const ms = Math.round(performance.now() - startedAt);
      logger.warn({ externalService: host.service, status, type, ms }, 'external call failed');
      return { outcome, failed };
    } finally {
      observe?.({ service: host.service, status, durationMs: performance.now() - startedAt });
    }
  }

  async function dial(call: ExternalCall, host: RegisteredHost, request: Prepared): Promise<IncomingAnswer> {
    const { url, signal } = request;
    const local = host.local !== undefined;
    const address = await abortable(vettedAddress({ hostname: url.hostname, local, resolver }), signal);
    const target = reroute({ address, port: Number(url.port) || (url.protocol === 'http:' ? 80 : 443) });
    return sendRequest(
      { ...request, ...target, method: call.method, ca },
      (code) => code >= 200 && code < 300 && call.method !== 'HEAD' && !call.ignoreBody,
    );
  }
}

/** A request that waits for its turn. */
type Prepared = Pick<OutgoingRequest, 'url' | 'headers' | 'body' | 'signal'>;

/** A look-up cannot be aborted; what it waits for can. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  return Promise.race([work, aborted]);
}
