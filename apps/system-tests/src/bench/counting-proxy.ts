import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

/** A wire to Postgres that counts round trips: each time the client speaks after the server has. */
export interface CountingProxy {
  readonly port: number;
  roundTrips(): number;
  close(): Promise<void>;
}

export async function startCountingProxy(upstreamPort: number): Promise<CountingProxy> {
  let trips = 0;
  const server = createServer((client) => {
    const upstream = connect(upstreamPort, '127.0.0.1');
    let asked = false;
    client.on('data', (data) => {
      if (!asked) trips += 1;
      asked = true;
      upstream.write(data);
    });
    upstream.on('data', (data) => {
      asked = false;
      client.write(data);
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('close', () => other.destroy());
      one.on('error', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    roundTrips: () => trips,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
