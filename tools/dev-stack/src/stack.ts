import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findTemporal, identifyProcess, preparePostgresHome } from '@adx/local-parts';
import { migrate, provisionDatabase } from '@adx/persistence';
import { createPart } from './part.ts';
import type { Part, PartEvent } from './part.ts';
import { removeStackFile, writeStackFile } from './stack-file.ts';
import type { StackAddresses } from './stack-file.ts';
import { SERVICES, ensureStackKeys } from './stack-keys.ts';
import type { ServiceName, StackKeys } from './stack-keys.ts';
import { planParts } from './stack-parts.ts';
import type { StackPlan } from './stack-parts.ts';
import { choosePorts } from './stack-ports.ts';

export type StackEvent = PartEvent | { readonly kind: 'progress'; readonly text: string };

/** A running stack: real Temporal, Postgres, mail, three workers and the gateway. */
export interface Stack {
  readonly addresses: StackAddresses;
  /** Superuser. */
  readonly postgresUrl: string;
  readonly issuer: StackKeys['issuer'];
  readonly controlToken: string;
  parts(): readonly Part[];
  part(name: string): Part;
  /** Starts every part that is down. @returns their names */
  revive(): Promise<readonly string[]>;
  /** Gives a worker another entry; it takes effect when the worker is started the next time. */
  setEntry(service: ServiceName, args: readonly string[] | undefined): void;
  /** Writes `stack.json` anew, after parts have changed. */
  record(control: string): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Brings a stack up. What was started is stopped again when a part does not come up.
 *
 * @param options.folder holds data, keys and logs, and survives a restart
 * @throws LocalPartError naming the part, with its last lines
 */
export async function startStack(options: {
  readonly root: string;
  readonly folder: string;
  readonly ports: 'default' | 'free';
  readonly entries?: Partial<Record<ServiceName, readonly string[]>>;
  readonly onEvent?: (event: StackEvent) => void;
}): Promise<Stack> {
  const { root, folder, onEvent = () => undefined } = options;
  const progress = (text: string) => onEvent({ kind: 'progress', text });
  await mkdir(join(folder, 'logs'), { recursive: true });
  const keys = await ensureStackKeys(folder);
  const ports = await choosePorts(options.ports);
  const temporalBinary = await findTemporal({ onProgress: progress });
  const entries = new Map(Object.entries(options.entries ?? {}) as [ServiceName, readonly string[]][]);
  const plan: StackPlan = { root, folder, ports, keys, temporalBinary, entries };
  const planned = planParts(plan);
  const partsOf = (launches: typeof planned.base) =>
    Object.entries(launches).map(([name, launch]) => createPart(name, launch, onEvent));
  const base = partsOf(planned.base);
  const apps = partsOf(planned.apps);
  const all = [...base, ...apps];

  const stop = async () => {
    // Against the order of their start, and apps side by side: nothing loses what it stands on.
    await Promise.all(apps.map((part) => part.stop()));
    await Promise.all(base.map((part) => part.stop()));
    await removeStackFile(folder);
  };
  try {
    await Promise.all(base.map((part) => part.start()));
    const postgresUrl = await superuserUrl(folder, ports.postgres);
    progress('preparing the databases ...');
    await prepareDatabases({ root, postgresUrl, keys, port: ports.postgres });
    await Promise.all(apps.map((part) => part.start()));

    const local = (port: number) => `http://127.0.0.1:${port}`;
    const addresses: StackAddresses = {
      gateway: local(ports.gateway),
      temporal: `127.0.0.1:${ports.temporal}`,
      temporalUi: local(ports.temporalUi),
      inbox: local(ports.inbox),
      smtp: `smtp://127.0.0.1:${ports.smtp}`,
      issuer: local(ports.issuer),
      workers: Object.fromEntries(SERVICES.map((name) => [name, local(ports[`${name}-worker`])])),
      postgres: `127.0.0.1:${ports.postgres}`,
    };
    const controlToken = randomBytes(24).toString('base64url');
    return {
      addresses,
      postgresUrl,
      issuer: keys.issuer,
      controlToken,
      parts: () => all,
      part: (name) => {
        const found = all.find((part) => part.name === name);
        if (!found) throw new RangeError(`the stack has no part "${name}"; it has ${all.map((p) => p.name).join(', ')}`);
        return found;
      },
      async revive() {
        const down = all.filter((part) => !part.state().running);
        // What the apps stand on first.
        for (const part of down) await part.start();
        return down.map(({ name }) => name);
      },
      setEntry: (service, args) => void (args ? entries.set(service, args) : entries.delete(service)),
      record: (control) =>
        writeStackFile(folder, {
          ready: true,
          addresses,
          secrets: { postgresUrl, controlToken },
          control,
          supervisor: identifyProcess(process.pid)!,
          parts: Object.fromEntries(
            all.flatMap((part) => {
              const { pid } = part.state();
              const identity = pid === undefined ? undefined : identifyProcess(pid);
              return identity ? [[part.name, identity]] : [];
            }),
          ),
        }),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function prepareDatabases(options: {
  readonly root: string;
  readonly postgresUrl: string;
  readonly keys: StackKeys;
  readonly port: number;
}): Promise<void> {
  const { root, postgresUrl, keys, port } = options;
  await provisionDatabase({
    adminUrl: postgresUrl,
    database: 'adx',
    services: SERVICES.map((name) => ({
      name,
      ownerPassword: keys.passwords[name].owner,
      appPassword: keys.passwords[name].app,
    })),
  });
  await Promise.all(
    SERVICES.map((name) =>
      migrate({
        url: `postgres://${name}_owner:${keys.passwords[name].owner}@127.0.0.1:${port}/adx`,
        folder: join(root, 'apps', `${name}-worker`, 'prisma', 'migrations'),
      }),
    ),
  );
}

async function superuserUrl(folder: string, port: number): Promise<string> {
  const { passwordFile } = await preparePostgresHome(join(folder, 'postgres'));
  return `postgres://postgres:${(await readFile(passwordFile, 'utf8')).trim()}@127.0.0.1:${port}/postgres`;
}
