import { once } from 'node:events';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { LOCAL_CERTIFICATE, LOCAL_KEY } from '@adx/testing';

/** One delivery as it arrived. */
export interface Delivery {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver of webhooks over TLS on this machine; misbehaves as it is told. */
export async function startReceiver() {
  const deliveries: Delivery[] = [];
  let behaviours: ((response: ServerResponse) => void)[] = [];
  const server = createServer({ key: LOCAL_KEY, cert: LOCAL_CERTIFICATE }, (request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      deliveries.push({ headers: request.headers, body });
      const behave = behaviours.shift() ?? ((ok: ServerResponse) => ok.end('taken'));
      behave(response);
    });
  });
  // Both addresses of the name: the caller takes one of them.
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}/hooks?tenant=acme`,
    deliveries,
    script(...next: typeof behaviours) {
      behaviours = next;
      deliveries.length = 0;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
