import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { LocalPartError } from './local-part-error.ts';

/** How far above the preferred port is looked. A machine with this many in a row taken has another problem. */
const REACH = 200;

/**
 * A TCP port of loopback that nobody listens on.
 *
 * @param preferred this one, else the next free one above it; without it, any
 * @param taken ports that are promised already, although nobody listens on them yet
 * @throws LocalPartError when the 200 ports from `preferred` on are all taken
 */
export async function freePort(preferred?: number, taken: ReadonlySet<number> = new Set()): Promise<number> {
  if (preferred === undefined) {
    // One more than are promised: at least one of them is not.
    return (await freePorts(taken.size + 1)).find((port) => !taken.has(port))!;
  }
  for (let port = preferred; port < Math.min(preferred + REACH, 65_536); port += 1) {
    if (taken.has(port)) continue;
    const server = await listen(port).catch(() => undefined);
    if (!server) continue;
    await close(server);
    return port;
  }
  throw new LocalPartError(`no port from ${preferred} to ${preferred + REACH - 1} is free; end what listens there.`);
}

/**
 * Where free ports are looked for: below the range (32768 and up on Linux) from which the system gives ports to outgoing
 * connections and to programs that ask for any. A port from there may be gone again when the part that gets it listens.
 */
const QUIET = { from: 16_000, to: 32_000 };

/** `count` different free ports. All are held until the last is known, so that none is given twice. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listenSomewhere()));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map(close));
  return ports;
}

async function listenSomewhere(): Promise<Server> {
  for (let attempt = 0; attempt < REACH; attempt += 1) {
    const server = await listen(randomInt(QUIET.from, QUIET.to)).catch(() => undefined);
    if (server) return server;
  }
  return listen(0);
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
