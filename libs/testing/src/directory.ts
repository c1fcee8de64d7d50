import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DirectoryId } from '@adx/user-contract';
import { LOCAL_CERTIFICATE, LOCAL_KEY } from './local-certificate.ts';
import type { TestDatabase } from './test-database.ts';

/** How an answer goes wrong; `ok` answers as it should. */
export type Misbehaviour = (response: ServerResponse, ok: () => void) => void | Promise<void>;

/** The ways in which directories fail, by name. */
export const MISBEHAVIOURS = {
  'answers 500': (response) => void response.writeHead(500).end(),
  'asks for a second': (response) => void response.writeHead(429, { 'retry-after': '1' }).end(),
  hangs: () => undefined,
  'cuts the connection': (response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).write('{"page":1,');
    response.socket?.destroy();
  },
  'answers with what is no JSON': (response) => void response.end('{"page": 1, "users": [{"email": "bo@'),
  'answers with another page': (response) => void response.end('{"page":77,"pages":99,"users":[]}'),
  'answers with what was not agreed': (response) => void response.end('{"page":1,"pages":1,"users":"all"}'),
  'refuses the token': (response) => void response.writeHead(401).end(),
} as const satisfies Record<string, Misbehaviour>;

/** The directory of one tenant. */
export interface Listing {
  readonly directoryId: ReturnType<typeof DirectoryId.parse>;
  readonly url: string;
  /** The token that it was registered with. */
  readonly token: string;
  /** Pages that were asked for, in order, with when and by which token. */
  readonly asked: { readonly page: number; readonly at: number; readonly authorization: string | undefined }[];
  /** What it lists, page by page. */
  pages: (readonly object[])[];
  /** What the next requests for a page meet; the ones after them get what they asked for. */
  misbehave(page: number, ...how: Misbehaviour[]): void;
}

/** A real HTTPS server on this machine with the directories of tenants; they misbehave as they are told. */
export interface TestDirectories {
  /** For the workers, which must be started with it. */
  readonly env: Readonly<Record<string, string>>;
  /** A directory of a tenant, registered or only listening. */
  list(
    database: TestDatabase,
    tenantId: string,
    pages: Listing['pages'],
    options?: { readonly registered?: boolean },
  ): Promise<Listing>;
  stop(): Promise<void>;
}

export async function startTestDirectories(): Promise<TestDirectories> {
  const folder = await mkdtemp(join(tmpdir(), 'adx-directories-'));
  await writeFile(join(folder, 'ca.pem'), LOCAL_CERTIFICATE);
  const listings = new Map<string, Listing & { readonly faults: Map<number, Misbehaviour[]> }>();

  const answer = ({ url = '', headers }: IncomingMessage, response: ServerResponse): void => {
    const { pathname, searchParams } = new URL(url, 'https://localhost');
    const listing = listings.get(pathname.slice(1));
    if (!listing) return void response.writeHead(404).end();
    const page = Number(searchParams.get('page'));
    const { authorization } = headers;
    listing.asked.push({ page, at: Date.now(), authorization });
    const ok = () => {
      if (authorization !== `Bearer ${listing.token}`) return void response.writeHead(401).end();
      const users = listing.pages[page - 1] ?? [];
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ page, pages: listing.pages.length, users }));
    };
    const fault = listing.faults.get(page)?.shift();
    if (fault) void fault(response, ok);
    else ok();
  };
  const server = createServer({ key: LOCAL_KEY, cert: LOCAL_CERTIFICATE }, answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    env: {
      ADX_DIRECTORY_SECRET_FOLDER: folder,
      ADX_DIRECTORY_LOCAL_HOSTS: 'localhost',
      ADX_EXTERNAL_CA_FILE: join(folder, 'ca.pem'),
    },
    async list({ superuser }, tenantId, pages, { registered = true } = {}) {
      const directoryId = DirectoryId.parse(randomUUID());
      const url = `https://localhost:${port}/${directoryId}`;
      const token = randomBytes(24).toString('hex');
      await mkdir(join(folder, tenantId), { recursive: true });
      await writeFile(join(folder, tenantId, 'directory'), token);
      if (registered) {
        await superuser.query(
          `insert into "user".directory (tenant_id, directory_id, url, secret_name) values ($1, $2, $3, 'directory')`,
          [tenantId, directoryId, url],
        );
      }
      const faults = new Map<number, Misbehaviour[]>();
      const misbehave = (page: number, ...how: Misbehaviour[]) => void faults.set(page, how);
      const listing = { directoryId, url, token, asked: [], pages, misbehave, faults };
      listings.set(directoryId, listing);
      return listing;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      await rm(folder, { recursive: true });
    },
  };
}
