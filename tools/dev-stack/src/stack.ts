import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findTemporal, identifyProcess } from '@adx/local-parts';
import type { ServiceName } from '@adx/services';
import { createPart } from './part.ts';
import type { Part, PartEvent } from './part.ts';
import { removeStackFile, writeStackFile } from './stack-file.ts';
import type { StackAddresses, StackFile } from './stack-file.ts';
import { prepareDatabases, superuserUrl } from './stack-databases.ts';
import { ensureStackKeys } from './stack-keys.ts';
import type { StackKeys } from './stack-keys.ts';
import { planParts } from './stack-parts.ts';
import type { StackPlan } from './stack-parts.ts';
import { addressesOf, choosePorts } from './stack-ports.ts';
import { bundleWorkflows } from './workflow-bundles.ts';

export type StackEvent = Exclude<PartEvent, { kind: 'spawned' }> | { readonly kind: 'progress'; readonly text: string };

/** A running stack: real Temporal, Postgres, mail, the workers and the gateway. */
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
  /** Tells others, through `stack.json`, that the stack is up and where it can be managed. */
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
  /** Gives up while it is being started, and stops what was. Has no effect on a stack that is up: that has `stop`. */
  readonly signal?: AbortSignal;
}): Promise<Stack> {
  const { root, folder, onEvent = () => undefined } = options;
  const progress = (text: string) => onEvent({ kind: 'progress', text });
  for (const name of ['logs', 'audit-heads']) await mkdir(join(folder, name), { recursive: true });
  const keys = await ensureStackKeys(folder);
  const ports = await choosePorts(options.ports);
  const addresses = addressesOf(ports);
  const temporalBinary = await findTemporal({ onProgress: progress });
  options.signal?.throwIfAborted();
  const entries = new Map(Object.entries(options.entries ?? {}) as [ServiceName, readonly string[]][]);
  const plan: StackPlan = { root, folder, ports, keys, temporalBinary, entries };
  const planned = planParts(plan);

  let postgresUrl = '';
  let control: string | undefined;
  let ended = false;
  const controlToken = randomBytes(24).toString('base64url');
  const save = () => {
    if (ended) return;
    const secrets = { postgresUrl, controlToken };
    const supervisor = identifyProcess(process.pid)!;
    const file = { ready: control !== undefined, addresses, secrets, supervisor, parts: identitiesOf(all) };
    writeStackFile(folder, { ...file, ...(control === undefined ? {} : { control }) });
  };
  const onPartEvent = (event: PartEvent) => {
    // Each process is on record from its first moment: whoever comes after a SIGKILL of this one can end it.
    save();
    if (event.kind !== 'spawned') onEvent(event);
  };
  const partsOf = (launches: typeof planned.base) =>
    Object.entries(launches).map(([name, launch]) => createPart(name, launch, onPartEvent));
  const base = partsOf(planned.base);
  const workers = partsOf(planned.workers);
  const doors = partsOf(planned.doors);
  const all = [...base, ...workers, ...doors];

  const stopAll = (parts: readonly Part[]) => Promise.all(parts.map((part) => stopAloud(part, progress)));
  const stop = async () => {
    // Against the order of their start: nothing loses what it stands on.
    await stopAll(doors);
    await stopAll(workers);
    await stopAll(base);
    ended = true;
    await removeStackFile(folder);
  };
  const startAll = (parts: readonly Part[]) => settleAll(parts.map((part) => part.start()));

  const giveUp = new AbortController();
  const abort = () => {
    giveUp.abort();
    void stop();
  };
  options.signal?.addEventListener('abort', abort, { once: true });
  try {
    progress('starting Postgres, Temporal, the inbox and the token issuer; bundling the workflows ...');
    const bundled = bundleWorkflows({
      root,
      logFile: join(folder, 'logs', 'bundle-workflows.log'),
      signal: giveUp.signal,
    });
    await settleAll([bundled, prepare()]);
    options.signal?.throwIfAborted();
    progress('starting the workers and the gateway ...');
    await startAll([...workers, ...doors]);
    options.signal?.throwIfAborted();
  } catch (error) {
    giveUp.abort();
    await stop();
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', abort);
  }

  async function prepare(): Promise<void> {
    try {
      await startAll(base);
      postgresUrl = await superuserUrl(folder, ports.postgres);
      await prepareDatabases({ root, postgresUrl, keys, port: ports.postgres });
    } catch (error) {
      // The bundling need not go on for a stack that does not come up.
      giveUp.abort();
      throw error;
    }
  }

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
      // What the others stand on first.
      await startAll(base);
      await startAll([...workers, ...doors]);
      return down.map(({ name }) => name);
    },
    setEntry: (service, args) => void (args ? entries.set(service, args) : entries.delete(service)),
    record(url) {
      control = url;
      save();
      return Promise.resolve();
    },
    stop,
  };
}

/** Like Promise.all, but what fails is told only when nothing is under way any more. */
async function settleAll(promises: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(promises);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
}

/** A worker may drain for 40 s: whoever waits for it should know. */
async function stopAloud(part: Part, progress: (text: string) => void): Promise<void> {
  const slow = setTimeout(() => progress(`waiting for ${part.name} to end ...`), 2_000);
  await part.stop().finally(() => clearTimeout(slow));
}

function identitiesOf(parts: readonly Part[]): StackFile['parts'] {
  return Object.fromEntries(
    parts.flatMap((part) => {
      const { pid } = part.state();
      const identity = pid === undefined ? undefined : identifyProcess(pid);
      return identity ? [[part.name, identity]] : [];
    }),
  );
}
