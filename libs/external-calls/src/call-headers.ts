import { Webhook } from 'standardwebhooks';
import { ACCEPTED_ENCODINGS } from './body.ts';
import type { ExternalCall } from './external-call.ts';
import { strippedHeaders } from './headers.ts';
import type { HostSecret, RegisteredHost } from './hosts.ts';
import type { SecretReader } from './secrets.ts';

/**
 * The headers of a request: those of the handler, those of the platform, and what the secret of the call makes.
 *
 * @param body as it is sent: a signature is over its characters
 */
export async function callHeaders(
  call: ExternalCall,
  host: RegisteredHost,
  body: string | undefined,
  secrets: SecretReader,
): Promise<Record<string, string>> {
  const secret = call.secretRef === undefined ? undefined : host.secrets?.[call.secretRef];
  if (call.secretRef !== undefined && !secret) {
    throw new TypeError(`${host.service} has no secret of the name in secretRef; register it with the host`);
  }
  return {
    ...strippedHeaders(call.headers ?? {}),
    accept: 'application/json',
    'accept-encoding': ACCEPTED_ENCODINGS,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(call.idempotencyKey === undefined ? {} : { 'idempotency-key': call.idempotencyKey }),
    ...(secret ? secretHeaders(secret, await secrets(secret.from), call.idempotencyKey, body) : {}),
  };
}

function secretHeaders(
  secret: HostSecret,
  value: string,
  id: string | undefined,
  body: string | undefined,
): Record<string, string> {
  if ('header' in secret) return { [secret.header.toLowerCase()]: `${secret.prefix ?? ''}${value}` };
  if (id === undefined || body === undefined) throw new TypeError('only a call with a body and a key can be signed');
  const now = new Date();
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
    'webhook-signature': signer(secret, value).sign(id, now, body),
  };
}

function signer(secret: HostSecret, value: string): Webhook {
  try {
    return new Webhook(value);
  } catch {
    // The library's own message may quote a character of the value.
    throw new Error(`the secret ${secret.from} cannot sign: it is base64, with or without "whsec_" before it`);
  }
}
