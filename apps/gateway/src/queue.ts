import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gatewayContract } from '@adx/gateway-contract';
import { ConfigError, SHUTDOWN_FORCE, SHUTDOWN_GRACE, STICKY_TIMEOUT, versioned } from '@adx/worker-runtime';
import type { BackgroundTask } from '@adx/worker-runtime';
import type { DataConverter } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { NativeConnectionOptions } from '@temporalio/worker';

const BUNDLE = fileURLToPath(new URL('../dist/workflows.js', import.meta.url));

/**
 * Polls the gateway's own queue, for the processes that belong to no single service. It runs workflows and no activity:
 * every effect is its owner's. A Temporal that is not there yet fails it, and it is run again.
 *
 * @throws ConfigError when the workflow bundle was not built
 */
export function createQueue(options: {
  readonly connectionOptions: NativeConnectionOptions;
  readonly namespace: string;
  readonly dataConverter: DataConverter;
  /** Names the build under Worker Versioning, of the deployment `gateway`. */
  readonly buildId?: string | undefined;
}): BackgroundTask {
  const { connectionOptions, namespace, dataConverter, buildId } = options;
  if (!existsSync(BUNDLE)) {
    throw new ConfigError(
      `the workflow bundle of the gateway is missing (${BUNDLE}); build it with "npx nx run-many -t bundle-workflows"`,
    );
  }
  return {
    name: 'queue',
    async run(signal) {
      const connection = await NativeConnection.connect(connectionOptions);
      try {
        const worker = await Worker.create({
          connection,
          namespace,
          taskQueue: gatewayContract.taskQueue,
          dataConverter,
          workflowBundle: { codePath: BUNDLE },
          shutdownGraceTime: SHUTDOWN_GRACE,
          shutdownForceTime: SHUTDOWN_FORCE,
          stickyQueueScheduleToStartTimeout: STICKY_TIMEOUT,
          ...versioned('gateway', buildId),
        });
        await worker.runUntil(aborted(signal));
      } finally {
        await connection.close();
      }
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
