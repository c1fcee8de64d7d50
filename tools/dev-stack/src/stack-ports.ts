import { freePort } from '@adx/local-parts';
import { SERVICES } from '@adx/services';
import type { ServiceName } from '@adx/services';
import type { StackAddresses } from './stack-file.ts';

type PartWithPort =
  | 'gateway'
  | 'temporal'
  | 'temporalUi'
  | 'postgres'
  | 'smtp'
  | 'inbox'
  | 'issuer'
  | 'codec'
  | 'control'
  | `${ServiceName}-worker`;

export type StackPorts = Readonly<Record<PartWithPort, number>>;

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
  ...Object.fromEntries(SERVICES.map((name, index) => [`${name}-worker`, 8101 + index])),
} as StackPorts;

/** All ports of a stack. They stay the same when a part is started again. */
export async function choosePorts(which: 'default' | 'free'): Promise<StackPorts> {
  const taken = new Set<number>();
  const ports: Partial<Record<PartWithPort, number>> = {};
  for (const [name, preferred] of Object.entries(DEFAULTS) as [PartWithPort, number][]) {
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
