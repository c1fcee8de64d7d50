import { isIP } from 'node:net';
import { Client } from 'undici';
import { readBody } from './body.ts';
import { vettedConnector } from './vetted-connector.ts';
import type { Dialled } from './vetted-connector.ts';

/** One request, to an address that was vetted for its host. */
export interface OutgoingRequest extends Dialled {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly signal: AbortSignal;
}

/** What came back. Bodies of failures and redirects are not read: nobody may act on them. */
export interface IncomingAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
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
  const client = new Client(url.origin, {
    connect: vettedConnector({ address, port, ca, signal, literal: isIP(url.hostname.replace(/^\[|\]$/g, '')) !== 0 }),
    // The signal bounds the whole call; limits of the parts would only give other reasons for the same end.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  try {
    const response = await client.request({
      method: method as 'GET',
      path: `${url.pathname}${url.search}`,
      headers,
      body: body ?? null,
      signal,
      // Says `connection: close`.
      reset: true,
    });
    const { statusCode: status } = response;
    // What is not wanted is dropped with its connection, and then reports that it was.
    response.body.on('error', () => undefined);
    if (!readsBody(status)) return { status, headers: response.headers, text: '' };
    const encoding = response.headers['content-encoding'];
    return {
      status,
      headers: response.headers,
      text: await readBody(response.body, encoding === undefined ? undefined : String(encoding)),
    };
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    // Whatever is still on its way is not wanted: the rest of a failure's body, or of one that was too large.
    await client.destroy();
  }
}
