import { describeExit } from '@adx/local-parts';
import type { LocalProcess } from '@adx/local-parts';

/** What a part tells while it lives. */
export type PartEvent =
  | { readonly kind: 'started'; readonly part: string; readonly durationMs: number }
  | { readonly kind: 'died'; readonly part: string; readonly how: string; readonly lastLines: readonly string[] };

/** One process of the stack, under a name, that can be started again. */
export interface Part {
  readonly name: string;
  state(): { readonly running: boolean; readonly pid?: number; readonly starts: number; readonly how?: string };
  start(): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** Asks it to end; its end is then no news. */
  stop(): Promise<void>;
}

/** @param launch starts the process and resolves when it is ready */
export function createPart(
  name: string,
  launch: () => Promise<LocalProcess<unknown>>,
  onEvent: (event: PartEvent) => void,
): Part {
  let current: LocalProcess<unknown> | undefined;
  let starts = 0;
  let how: string | undefined;

  const start = async () => {
    if (current) return;
    const began = Date.now();
    const launched = await launch();
    current = launched;
    starts += 1;
    how = undefined;
    onEvent({ kind: 'started', part: name, durationMs: Date.now() - began });
    void launched.exited.then((exit) => {
      if (current !== launched) return;
      current = undefined;
      how = describeExit(exit);
      onEvent({ kind: 'died', part: name, how, lastLines: launched.lastLines() });
    });
  };
  return {
    name,
    start,
    state: () => ({
      running: current !== undefined,
      starts,
      ...(current ? { pid: current.pid } : {}),
      ...(how === undefined ? {} : { how }),
    }),
    kill: (signal) => current?.kill(signal),
    async stop() {
      const ending = current;
      current = undefined;
      await ending?.stop();
    },
  };
}
