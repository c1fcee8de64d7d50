import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PayloadCodec } from '@temporalio/common';
import { PayloadCodecError } from './codec-error.ts';
import type { VerifyOperator } from './operator-token.ts';
import { SIGN_IN_PAGE, tokenOf, tokenOfForm } from './codec-session.ts';
import { BadPayloads, formatPayloads, parsePayloads } from './payload-json.ts';

/** A codec server that listens. */
export interface CodecServer {
  readonly url: string;
  close(): Promise<void>;
}

/** A page of the UI's history is at most 4 MB of payloads, a third more in base64. */
const BODY_BYTES = 16 * 1024 * 1024;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Lets operators read histories in Temporal's UI and CLI: `POST /decode` and `POST /encode`, as Temporal's remote codecs
 * are asked. Each request needs an operator's token, as `Authorization: Bearer <token>` or as the cookie that the page at
 * `/` sets; a request of a browser must come from the UI's origin.
 *
 * `/encode` takes the tenant from the header `X-Adx-Tenant`; without it the key is the platform's, and a process of a
 * tenant refuses the payload.
 *
 * @param options.codec lets plaintext pass, as the UI sends all that it shows; nothing acts on the answers
 * @param options.uiOrigin like `http://127.0.0.1:8233`
 */
export async function startCodecServer(options: {
  readonly codec: PayloadCodec;
  readonly verify: VerifyOperator;
  readonly uiOrigin: string;
  readonly host?: string;
  readonly port?: number;
}): Promise<CodecServer> {
  const { codec, verify, uiOrigin, host = '127.0.0.1', port = 0 } = options;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { origin } = request.headers;
    const path = new URL(request.url ?? '/', 'http://codec').pathname;
    const route = `${request.method} ${path}`;
    response.setHeader('cache-control', 'no-store').setHeader('vary', 'Origin');
    if (route === 'GET /') return void response.setHeader('content-type', 'text/html').end(SIGN_IN_PAGE);
    if (route === 'POST /sign-in') {
      // Its own page alone: nobody else signs a browser in, as anybody.
      if (origin !== `http://${request.headers.host}`)
        throw new Refusal(403, 'sign in through the page of this server');
      const token = tokenOfForm((await readBody(request)).toString('utf8'));
      const { expiresInS } = await verify(token);
      response.setHeader(
        'set-cookie',
        `adx_codec=${token}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${Math.max(0, Math.floor(expiresInS))}`,
      );
      return void response.end('Signed in. Reload the Temporal UI.');
    }
    if (origin !== undefined) {
      if (origin !== uiOrigin) throw new Refusal(403, `the origin ${origin} is not the UI's`);
      response.setHeader('access-control-allow-origin', uiOrigin);
      response.setHeader('access-control-allow-credentials', 'true');
      response.setHeader('access-control-allow-methods', 'POST');
      response.setHeader('access-control-allow-headers', 'authorization, content-type, x-namespace');
    }
    if (request.method === 'OPTIONS') return void response.writeHead(204).end();
    if (route !== 'POST /decode' && route !== 'POST /encode')
      throw new Refusal(404, 'there is POST /decode and /encode');
    await verify(tokenOf(request.headers));
    const payloads = parsePayloads((await readBody(request)).toString('utf8'));
    const done =
      route === 'POST /decode' ? await codec.decode(payloads) : await codec.encode(payloads, contextOf(request));
    response.setHeader('content-type', 'application/json').end(formatPayloads(done));
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      const [status, message] = explain(error);
      if (!response.headersSent) response.writeHead(status, { 'content-type': 'application/json' });
      // What is left of a body that was refused is not waited for.
      response.end(JSON.stringify({ message }), () => request.destroy());
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** The codec reads nothing but the tenant from it, which stands first in a workflow id. */
function contextOf({ headers }: IncomingMessage) {
  const tenant = headers['x-adx-tenant'];
  if (tenant === undefined) return undefined;
  if (typeof tenant !== 'string' || !UUID.test(tenant))
    throw new Refusal(400, 'X-Adx-Tenant is no UUID in small letters');
  return { type: 'workflow', namespace: 'default', workflowId: `${tenant}:codecServer:encode` } as const;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > BODY_BYTES) throw new Refusal(413, `a request has at most ${BODY_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function explain(error: unknown): readonly [number, string] {
  if (error instanceof Refusal) return [error.status, error.message];
  if (error instanceof BadPayloads) return [400, error.message];
  if (error instanceof PayloadCodecError) return [error.fault === 'KeysUnavailable' ? 503 : 422, error.message];
  if (error instanceof Error && 'status' in error && typeof error.status === 'number')
    return [error.status, error.message];
  return [500, 'the codec server failed'];
}
