import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessIdentity } from '@adx/local-parts';

/** Where a stack can be reached. */
export interface StackAddresses {
  readonly gateway: string;
  readonly temporal: string;
  readonly temporalUi: string;
  readonly inbox: string;
  readonly smtp: string;
  readonly issuer: string;
  /** Decodes payloads for operators; the Temporal UI and CLI ask it. */
  readonly codec: string;
  /** Admin ports of the workers. */
  readonly workers: Readonly<Record<string, string>>;
  /** `host:port` of Postgres. */
  readonly postgres: string;
}

/** `.adx/stack.json`: what other commands need to find the running stack. Has secrets, so it is for its owner alone. */
export interface StackFile {
  /** False while parts are still being started. */
  readonly ready: boolean;
  readonly addresses: StackAddresses;
  readonly secrets: {
    /** Superuser. */
    readonly postgresUrl: string;
    readonly controlToken: string;
  };
  /** Where the process that manages the stack listens; absent while the stack is being started. */
  readonly control?: string;
  readonly supervisor: ProcessIdentity;
  readonly parts: Readonly<Record<string, ProcessIdentity>>;
}

const FILE = 'stack.json';

export async function readStackFile(folder: string): Promise<StackFile | undefined> {
  const text = await readFile(join(folder, FILE), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as StackFile);
}

/** Synchronous: when it returns, a process that was just started is on record, whatever happens to this one. */
export function writeStackFile(folder: string, file: StackFile): void {
  mkdirSync(folder, { recursive: true });
  // Renamed into place: a reader sees the old one or the new one, never half of one.
  const draft = join(folder, `${FILE}.${process.pid}`);
  writeFileSync(draft, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, join(folder, FILE));
}

export async function removeStackFile(folder: string): Promise<void> {
  await rm(join(folder, FILE), { force: true });
}
