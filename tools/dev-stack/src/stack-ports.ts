import { freePort } from '@adx/local-parts';

/** What people remember; the next free one is taken when somebody else has it. */
const DEFAULTS = {
  gateway: 8080,
  temporal: 7233,
  temporalUi: 8233,
  postgres: 15432,
  smtp: 1025,
  inbox: 8025,
  issuer: 8090,
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
