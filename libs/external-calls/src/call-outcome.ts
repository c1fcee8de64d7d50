import { failure } from '@adx/contract-kit';
import type { Json } from '@adx/contract-kit';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { BodyRefused } from './body.ts';
import type { ExternalAnswer, ExternalCall } from './external-call.ts';
import { retryAfterMs, seenHeaders } from './headers.ts';
import type { RegisteredHost } from './hosts.ts';
import type { IncomingAnswer } from './send-request.ts';

/** What counts for the breaker, and is worth another attempt. */
export function isOutage(status: number): boolean {
  return status >= 500 || status === 408 || status === 429;
}

/**
 * What a handler gets of an answer.
 *
 * @throws ExternalApiError, ExternalApiRefused
 */
export function answerOf(
  call: ExternalCall,
  host: RegisteredHost,
  { status, headers, text }: IncomingAnswer,
): Omit<ExternalAnswer, 'durationMs'> {
  const answers = (status >= 200 && status < 300) || call.answers?.includes(status);
  if (answers) return { status, headers: seenHeaders(headers), body: parse(host, text) };
  if (isOutage(status)) {
    const wait = retryAfterMs([headers['retry-after']].flat()[0], Date.now());
    throw failure('ExternalApiError', `${host.service} answered ${status}`, {
      ...(wait === undefined ? {} : { retryAfterMs: wait }),
    });
  }
  const redirect = status >= 300 && status < 400 ? '; redirects are not followed' : '';
  throw failure('ExternalApiRefused', `${host.service} answered ${status}${redirect}`, { details: [{ status }] });
}

function parse(host: RegisteredHost, text: string): Json {
  if (text.trim() === '') return null;
  try {
    return JSON.parse(text) as Json;
  } catch {
    // The parser's own message quotes the text.
    throw failure('ExternalApiError', `${host.service} answered with something that is no JSON`);
  }
}

/** What an attempt fails with. The messages of the network quote addresses, so only their codes go on. */
export function callFailure(error: unknown, call: ExternalCall, { service }: RegisteredHost): Error {
  if (call.signal.aborted) return new CancelledFailure(`the call to ${service} was cancelled`);
  if (error instanceof ApplicationFailure) return error;
  if (error instanceof BodyRefused) return failure('ExternalApiRefused', `${service}: ${error.message}`);
  // By name and code, not by class: Node's own errors come from another realm under some test runners.
  const { name, code } = error as { readonly name?: unknown; readonly code?: unknown };
  if (name === 'TimeoutError') return failure('ExternalApiError', `${service} did not answer in time`);
  // A request that undici refuses to write is a mistake of the handler, and no failure of the other side.
  if (typeof code !== 'string' || name === 'TypeError' || code === 'UND_ERR_INVALID_ARG') return error as Error;
  return failure('ExternalApiError', `${service} could not be reached, or broke off (${code})`);
}
