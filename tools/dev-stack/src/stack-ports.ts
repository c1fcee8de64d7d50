import { freePort } from '@adx/local-parts';
import type { StackAddresses } from './stack-file.ts';
import { SERVICES } from './stack-keys.ts';

/** What people remember; the next free one is taken when somebody else has it. */
const DEFAULTS = {
  gateway: 8080,
  temporal: 7233,
  temporalUi: 8233,
  postgres: 15432,
  smtp: 1025,
  inbox: 8025,
  issuer: 8090,
  codec: 8091,
  control: 8099,
  'tenant-worker': 8081,
  'user-worker': 8082,
  'notification-worker': 8083,
} as const;

export type StackPorts = Readonly<Record<keyof typeof DEFAULTS, number>>;

/** All ports of a stack. They stay the same when a part is started again. */
export async function choosePorts(which: 'default' | 'free'): Promise<StackPorts> {
  const taken = new Set<number>();
  const ports: Partial<Record<keyof typeof DEFAULTS, number>> = {};
  for (const [name, preferred] of Object.entries(DEFAULTS) as [keyof typeof DEFAULTS, number][]) {
    const port = await freePort(which === 'default' ? preferred : undefined, taken);
    taken.add(port);
    ports[name] = port;
  }
  return ports as StackPorts;
}

/** Where the parts of a stack with these ports are. */
export function addressesOf(ports: StackPorts): StackAddresses {
  const local = (port: number) => `http://127.0.0.1:${port}`;
  return {
    gateway: local(ports.gateway),
    temporal: `127.0.0.1:${ports.temporal}`,
    temporalUi: local(ports.temporalUi),
    inbox: local(ports.inbox),
    smtp: `smtp://127.0.0.1:${ports.smtp}`,
    issuer: local(ports.issuer),
    codec: local(ports.codec),
    workers: Object.fromEntries(SERVICES.map((name) => [name, local(ports[`${name}-worker`])])),
    postgres: `127.0.0.1:${ports.postgres}`,
  };
}
