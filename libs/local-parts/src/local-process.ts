import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import type { WriteStream } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { endAtExit } from './end-at-exit.ts';
import { LocalPartError } from './local-part-error.ts';
import { signalProcess } from './process-identity.ts';
import { waitUntil } from './wait-until.ts';

export interface ProcessOptions<Ready> {
  /** As people know it: it is in every message. */
  readonly name: string;
  readonly command: string;
  readonly args?: readonly string[];
  /** The whole environment; this process's own by default. */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Runs it as another user (only root can). */
  readonly uid?: number;
  readonly gid?: number;
  /** Everything it prints is appended here. */
  readonly logFile?: string;
  /** It is ready when this finds something in a line of its output... */
  readonly untilLine?: (line: string) => Ready | undefined;
  /** ...or when this finds something by asking it. One of the two, or neither: ready when it runs. */
  readonly untilProbe?: () => Promise<Ready | undefined>;
  /** Milliseconds until it must be ready; 30 s by default. */
  readonly readyWithin?: number;
  /** What asks it to end; SIGTERM by default. */
  readonly stopSignal?: NodeJS.Signals;
  /** Milliseconds that it gets to end before SIGKILL; 10 s by default. */
  readonly stopWithin?: number;
  /** What it gets when this very process ends without stopping it; SIGKILL by default. */
  readonly abandonSignal?: NodeJS.Signals;
  /** Told as soon as there is a process, long before it is ready: whoever keeps books of processes does it here. */
  readonly onSpawn?: (pid: number) => void;
  /** Gives up waiting for it to be ready, and ends it. Has no effect once it is ready. */
  readonly signal?: AbortSignal;
}

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface LocalProcess<Ready = undefined> {
  readonly name: string;
  readonly pid: number;
  /** What `untilLine` or `untilProbe` found. */
  readonly ready: Ready;
  /** Resolves when it has ended, for whatever reason; never rejects. */
  readonly exited: Promise<ProcessExit>;
  /** Its last lines of output, oldest first. */
  lastLines(): readonly string[];
  kill(signal: NodeJS.Signals): void;
  /** Asks it to end, forces it after the bound, and resolves when it and its group are gone. May be called again. */
  stop(): Promise<ProcessExit>;
}

const KEPT_LINES = 40;

/**
 * Starts a program in a process group of its own, and resolves when it is ready.
 *
 * The group is its own so that Ctrl-C in a terminal reaches only the process that manages it, which then decides the
 * order of ending; and so that what the program started can be ended with it.
 *
 * @throws LocalPartError when it cannot be started, ends before it is ready, or is not ready in time; nothing is left
 */
export async function startProcess<Ready = undefined>(options: ProcessOptions<Ready>): Promise<LocalProcess<Ready>> {
  const { name } = options;
  if (options.signal?.aborted) throw new LocalPartError(`${name} was stopped before it was ready`);
  const child = spawn(options.command, [...(options.args ?? [])], {
    cwd: options.cwd,
    env: options.env ?? process.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  });
  const failed = new Promise<never>((_resolve, reject) => {
    child.once('error', (error) => reject(new LocalPartError(`${name} cannot be started: ${error.message}`)));
  });
  failed.catch(() => undefined);
  if (child.pid === undefined) return failed;
  const pid = child.pid;
  options.onSpawn?.(pid);

  const log = options.logFile === undefined ? undefined : openLog(options.logFile);
  const lines: string[] = [];
  let found: Ready | undefined;
  const see = (line: string) => {
    log?.write(`${line}\n`);
    if (lines.push(line) > KEPT_LINES) lines.shift();
    found ??= options.untilLine?.(line);
  };
  readLines(child.stdout, see);
  readLines(child.stderr, see);

  let exit: ProcessExit | undefined;
  const forget = endAtExit(pid, options.abandonSignal ?? 'SIGKILL');
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once('exit', (code, signal) => {
      exit = { code, signal };
      forget();
      // Its last lines may still be in the pipe; a grandchild that holds the pipe must not delay the news for ever.
      void waitUntil(() => (child.stdout.closed && child.stderr.closed) || undefined, { within: 500 }).then(() => {
        log?.end();
        resolve({ code, signal });
      });
    });
  });

  let stopping: Promise<ProcessExit> | undefined;
  const stop = () =>
    (stopping ??= (async () => {
      if (!exit) {
        signalProcess(pid, options.stopSignal ?? 'SIGTERM');
        const ended = await waitUntil(() => exit, { within: options.stopWithin ?? 10_000 });
        if (!ended) signalProcess(-pid, 'SIGKILL');
      }
      const result = await exited;
      signalProcess(-pid, 'SIGKILL');
      return result;
    })());

  const within = options.readyWithin ?? 30_000;
  const look = async (): Promise<{ ready: Ready } | undefined> => {
    if (exit) {
      await exited;
      throw new LocalPartError(
        `${name} ended before it was ready (${describeExit(exit)}).${quote(lines, options.logFile)}`,
      );
    }
    if (options.signal?.aborted) throw new LocalPartError(`${name} was stopped before it was ready`);
    if (options.untilProbe) found ??= await options.untilProbe();
    return found !== undefined || !(options.untilLine ?? options.untilProbe) ? { ready: found as Ready } : undefined;
  };
  try {
    const outcome = await waitUntil(look, { within });
    if (!outcome) {
      throw new LocalPartError(`${name} was not ready within ${within / 1_000} s.${quote(lines, options.logFile)}`);
    }
    return {
      name,
      pid,
      ready: outcome.ready,
      exited,
      lastLines: () => [...lines],
      kill: (s) => void signalProcess(pid, s),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** How a process ended, in words: `exit code 1`, `SIGKILL`. */
export function describeExit(exit: ProcessExit): string {
  return exit.signal ?? `exit code ${exit.code}`;
}

function quote(lines: readonly string[], logFile: string | undefined): string {
  const source = logFile === undefined ? '' : ` (all of it: ${logFile})`;
  if (lines.length === 0) return ` It printed nothing${source}.`;
  return ` Its last lines${source}:\n${lines
    .slice(-12)
    .map((line) => `    ${line}`)
    .join('\n')}`;
}

function readLines(stream: Readable, see: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Infinity }).on('line', see);
}

function openLog(file: string): WriteStream {
  mkdirSync(dirname(file), { recursive: true });
  // 600: what programs print is for their owner alone.
  const log = createWriteStream(file, { flags: 'a', mode: 0o600 });
  // A full disk must not end the stack; the kept lines are still there.
  log.on('error', () => undefined);
  return log;
}
