import { fileURLToPath } from 'node:url';
import { startProcess, waitUntil } from '@adx/local-parts';
import type { ServiceName } from '@adx/services';
import type { Fault } from './fault-plan.ts';
import type { TestPlatform } from './test-platform.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** A worker in a process of its own, which a fault will kill. */
export interface CrashingWorker {
  /** Waits until the fault has fired and the process is gone. @throws Error when it did not happen in 30 s */
  crashed(): Promise<void>;
  stop(): Promise<void>;
}

/** Takes the place of the worker in this process, until {@link TestPlatform.startWorker} brings that back. */
export async function startCrashingWorker(
  platform: TestPlatform,
  service: ServiceName,
  faults: readonly Fault[],
): Promise<CrashingWorker> {
  await platform.stopWorker(service);
  const worker = await startProcess({
    name: `crashing ${service}-worker`,
    command: process.execPath,
    args: ['--conditions=@adx/source', 'tools/dev-stack/faulty-worker.ts', service, JSON.stringify(faults)],
    cwd: ROOT,
    env: { PATH: process.env['PATH'] ?? '', ...platform.workerEnvironment(service) },
    untilLine: (line) => (line.includes('"msg":"ready"') ? true : undefined),
  });
  let exit: Awaited<typeof worker.exited> | undefined;
  void worker.exited.then((how) => (exit = how));
  return {
    async crashed() {
      await waitUntil(() => exit, { within: 30_000 });
      const fired = worker.lastLines().some((line) => line.includes('"msg":"fault fired"'));
      if (!fired || exit?.signal !== 'SIGKILL') {
        throw new Error(`the fault did not kill the ${service}-worker:\n${worker.lastLines().join('\n')}`);
      }
    },
    stop: async () => void (await worker.stop()),
  };
}
