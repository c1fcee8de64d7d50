import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { readStatements } from './wire-statements.ts';

/** What the server ends each answer with. */
const READY_FOR_QUERY = Buffer.from('Z\0\0\0\x05', 'latin1');

/** A wire to Postgres that can swallow the answer to one COMMIT, and counts round trips. */
export interface WireProxy {
  readonly port: number;
  /** The next COMMIT reaches the server; its answer does not come back: the connection breaks, or stays silent. */
  dropNextCommitReply(how: 'break' | 'hang'): void;
  /** How many answers were swallowed. */
  dropped(): number;
  /** How often a client has spoken after the server had. */
  roundTrips(): number;
  /** What the clients have executed, in the order in which it passed; `BEGIN` and `COMMIT` too. */
  statements(): readonly string[];
  close(): Promise<void>;
}

/** @param target the port of a Postgres on loopback; connections to it are made by password, without TLS */
export async function startWireProxy(target: number): Promise<WireProxy> {
  let armed: 'break' | 'hang' | undefined;
  let dropped = 0;
  let roundTrips = 0;
  const statements: string[] = [];
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    let swallowing: 'break' | 'hang' | undefined;
    let asked = false;
    const read = readStatements((text) => void statements.push(text));
    client.on('data', (data) => {
      read(data);
      if (!asked) roundTrips += 1;
      asked = true;
      if (armed && /commit/i.test(data.toString('latin1'))) {
        swallowing = armed;
        armed = undefined;
      }
      upstream.write(data);
    });
    upstream.on('data', (data) => {
      asked = false;
      if (!swallowing) return void client.write(data);
      // Answered to the end, so the transaction is committed: what came with COMMIT may have been answered before.
      if (!data.includes(READY_FOR_QUERY)) return;
      dropped += 1;
      if (swallowing === 'break') client.destroy();
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => undefined);
      one.on('close', () => other.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    dropNextCommitReply: (how) => void (armed = how),
    dropped: () => dropped,
    roundTrips: () => roundTrips,
    statements: () => statements,
    close: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}
