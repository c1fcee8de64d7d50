import { once } from 'node:events';
import http from 'node:http';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import { readBody } from './body.ts';

/** One request, to an address that was vetted for its host. */
export interface OutgoingRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Dialled as it is: no second look-up, so no second answer of a resolver. */
  readonly address: string;
  readonly port: number;
  /** Trusted besides the system's certificate authorities. */
  readonly ca: string | undefined;
  readonly signal: AbortSignal;
}

/** What came back. Bodies of failures and redirects are not read: nobody may act on them. */
export interface IncomingAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/**
 * Sends one request over a connection of its own and follows nothing. A pooled connection can die between two requests,
 * which looks like a failure of the other side, and a second request on its own account would be a second call.
 *
 * @param readsBody which statuses have a body that counts
 * @throws BodyRefused, errors of the network and of decompression, and the signal's reason
 */
export async function sendRequest(
  { url, method, headers, body, address, port, ca, signal }: OutgoingRequest,
  readsBody: (status: number) => boolean,
): Promise<IncomingAnswer> {
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const options = {
    method,
    host: address,
    port,
    path: `${url.pathname}${url.search}`,
    setHost: false,
    headers: { ...headers, host: url.host, connection: 'close' },
    agent: false as const,
    signal,
  };
  const request =
    url.protocol === 'http:'
      ? http.request(options)
      : // The certificate is checked against the name, not against the address.
        https.request({ ...options, servername: isIP(hostname) ? '' : hostname, ...(ca ? { ca: [ca] } : {}) });
  try {
    const answered = once(request, 'response', { signal }) as Promise<[IncomingMessage]>;
    request.end(body);
    const [response] = await answered;
    const status = response.statusCode!;
    if (!readsBody(status)) return { status, headers: response.headers, text: '' };
    return { status, headers: response.headers, text: await readBody(response, response.headers['content-encoding']) };
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    // Whatever is still on its way is not wanted: the rest of a failure's body, or of one that was too large.
    request.on('error', () => undefined);
    request.destroy();
  }
}
