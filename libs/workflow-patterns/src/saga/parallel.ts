import { CancellationScope, TemporalFailure } from '@temporalio/workflow';
import { latch } from './saga-progress.ts';
import type { SagaProgress } from './saga-progress.ts';

/** Branches of a parallel group, by name; each begins when it is called. */
export type Branches = Readonly<Record<string, () => Promise<unknown>>>;

/** What each branch of a parallel group gave. */
export type Gathered<B extends Branches> = { readonly [N in keyof B]: Awaited<ReturnType<B[N]>> };

/**
 * Begins the branches in order and waits for all of them. The first failure is the one that counts: the others are
 * cancelled, and waited for, so that nothing of them begins while the saga undoes.
 */
export async function runParallel<B extends Branches>(progress: SagaProgress, branches: B): Promise<Gathered<B>> {
  const scope = new CancellationScope();
  const failed = (error: unknown) => {
    latch(progress, error);
    // A bug is no failure of the saga: the workflow task fails, and what is under way goes on for a fixed build.
    if (error instanceof TemporalFailure) scope.cancel();
  };
  const results = await scope.run(() =>
    Promise.allSettled(
      Object.values(branches).map(async (branch) => {
        try {
          return await branch();
        } catch (error) {
          failed(error);
          throw error;
        }
      }),
    ),
  );
  if (progress.bug) throw progress.bug;
  if (progress.failure) throw progress.failure;
  return Object.fromEntries(
    Object.keys(branches).map((name, index) => {
      const result = results[index]!;
      return [name, result.status === 'fulfilled' ? result.value : undefined];
    }),
  ) as Gathered<B>;
}
