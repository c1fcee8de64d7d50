import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LocalPartError } from '@adx/local-parts';
import type { StackFile } from './stack-file.ts';
import type { Stack } from './stack.ts';

/** A part as `status` shows it. */
export interface PartStatus {
  readonly name: string;
  readonly running: boolean;
  readonly pid?: number;
  readonly starts: number;
  readonly how?: string;
}

/** Lets other commands of this user look at, revive and stop the stack that this process manages. */
export async function serveControl(
  stack: Stack,
  onStop: () => void,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const routes: Readonly<Record<string, () => Promise<unknown>>> = {
    'GET /status': () =>
      Promise.resolve(stack.parts().map((part): PartStatus => ({ name: part.name, ...part.state() }))),
    'POST /revive': () => stack.revive(),
    'POST /stop': () => {
      setImmediate(onStop);
      return Promise.resolve(null);
    },
  };
  const server = createServer((request, response) => {
    const route = routes[`${request.method} ${request.url}`];
    const known = request.headers.authorization === `Bearer ${stack.controlToken}`;
    if (!route || !known) return void response.writeHead(known ? 404 : 401).end();
    route().then(
      (body) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body)),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** A part may take a minute to come up. */
const TIMEOUT_MS = 120_000;

/** @returns undefined when nobody manages the stack any more @throws LocalPartError with the reason when it could not be done */
export async function askControl<T>(file: StackFile, route: `${'GET' | 'POST'} /${string}`): Promise<T | undefined> {
  if (file.control === undefined) return undefined;
  const [method, path] = route.split(' ') as [string, string];
  const response = await fetch(`${file.control}${path}`, {
    method,
    headers: { authorization: `Bearer ${file.secrets.controlToken}` },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch(() => undefined);
  if (!response || response.status === 401) return undefined;
  if (!response.ok) throw new LocalPartError(await response.text());
  return (await response.json()) as T;
}
