import { describeExit } from '@adx/local-parts';
import type { LocalProcess } from '@adx/local-parts';

/** What a part tells while it lives. */
export type PartEvent =
  | { readonly kind: 'spawned'; readonly part: string }
  | { readonly kind: 'started'; readonly part: string; readonly durationMs: number }
  | { readonly kind: 'died'; readonly part: string; readonly how: string; readonly lastLines: readonly string[] };

/** What a launch is told: whom to tell of its process, and when to give up. */
export interface LaunchContext {
  readonly onSpawn: (pid: number) => void;
  readonly signal: AbortSignal;
}

/** Starts the process of a part and resolves when it is ready. */
export type Launch = (context: LaunchContext) => Promise<LocalProcess<unknown>>;

/** One process of the stack, under a name, that can be started again. */
export interface Part {
  readonly name: string;
  /** `pid` is known before it is `running`: a process exists long before it is ready. */
  state(): { readonly running: boolean; readonly pid?: number; readonly starts: number; readonly how?: string };
  /** Does nothing when it runs; whoever asks while it is being started waits for that start. */
  start(): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** Asks it to end, also while it is being started; its end is then no news. */
  stop(): Promise<void>;
}

export function createPart(name: string, launch: Launch, onEvent: (event: PartEvent) => void): Part {
  let current: LocalProcess<unknown> | undefined;
  let starting: { readonly done: Promise<void>; readonly abort: AbortController } | undefined;
  let stopping: Promise<void> | undefined;
  let pid: number | undefined;
  let starts = 0;
  let how: string | undefined;

  const launchOnce = async (signal: AbortSignal) => {
    const began = Date.now();
    const onSpawn = (spawned: number) => {
      pid = spawned;
      onEvent({ kind: 'spawned', part: name });
    };
    const launched = await launch({ onSpawn, signal });
    current = launched;
    pid = launched.pid;
    starts += 1;
    how = undefined;
    onEvent({ kind: 'started', part: name, durationMs: Date.now() - began });
    void launched.exited.then((exit) => {
      if (current !== launched) return;
      current = undefined;
      pid = undefined;
      how = describeExit(exit);
      onEvent({ kind: 'died', part: name, how, lastLines: launched.lastLines() });
    });
  };
  const stopOnce = async () => {
    starting?.abort.abort();
    // Whoever started it hears of the failure; here only its end matters.
    await starting?.done.catch(() => undefined);
    const ending = current;
    current = undefined;
    await ending?.stop();
    pid = undefined;
  };
  return {
    name,
    start() {
      if (current) return Promise.resolve();
      if (starting) return starting.done;
      const abort = new AbortController();
      const done = launchOnce(abort.signal).finally(() => {
        starting = undefined;
        if (!current) pid = undefined;
      });
      starting = { done, abort };
      return done;
    },
    state: () => ({
      running: current !== undefined,
      starts,
      ...(pid === undefined ? {} : { pid }),
      ...(how === undefined ? {} : { how }),
    }),
    kill: (signal) => current?.kill(signal),
    stop() {
      // Whoever asks meanwhile waits for the same end: the process is not gone before.
      stopping ??= stopOnce().finally(() => (stopping = undefined));
      return stopping;
    },
  };
}
