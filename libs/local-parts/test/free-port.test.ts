import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { freePort, freePorts } from '@adx/local-parts';

const servers: Server[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve)))));

/** Resolves with the port when it could be listened on. */
function listen(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      servers.push(server);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

describe('a free port', () => {
  test('can be listened on', async () => {
    const port = await freePort();
    expect(await listen(port)).toBe(port);
  });

  test('is the preferred one when that is free', async () => {
    const port = await freePort();
    expect(await freePort(port)).toBe(port);
  });

  test('is one above the preferred one when somebody listens on that', async () => {
    const taken = await listen(0);
    const port = await freePort(taken);
    expect(port).toBeGreaterThan(taken);
    expect(await listen(port)).toBe(port);
  });

  test('is none that is promised already', async () => {
    const promised = await freePort();
    expect(await freePort(promised, new Set([promised]))).toBeGreaterThan(promised);
  });

  test('is refused when there is none in reach, and the message says where', async () => {
    const promised = new Set(Array.from({ length: 200 }, (_, index) => 20_000 + index));
    await expect(freePort(20_000, promised)).rejects.toThrow('no port from 20000 to 20199 is free');
  });

  test('is given once among several', async () => {
    const ports = await freePorts(30);
    expect(new Set(ports).size).toBe(30);
  });
});
