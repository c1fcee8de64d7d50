import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { createOperations } from '@adx/operations';
import type { Operations, Started } from '@adx/operations';
import { bundleWorkflows } from '@adx/workflow-bundle';
import type { Client } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { probeContract } from './probe.contract.ts';

type Mode = 'completes' | 'fails' | 'fails without a state' | 'waits' | 'cancels without a word';

/** What a start may say besides its mode. */
export interface Start {
  readonly key?: string;
  readonly note?: string;
  readonly tenantId?: string;
  readonly subject?: string;
  readonly workflow?: 'probe' | 'probeEntity';
  readonly traceparent?: string;
}

/** The real Temporal server, a worker that can be taken away, and the operations under test. */
export interface Probe {
  readonly client: Client;
  readonly operations: Operations;
  start(mode: Mode, more?: Start): Promise<Started>;
  /** Starts it and waits until it has ended. */
  end(mode: Mode, more?: Start): Promise<string>;
  /** Starts it on a queue that no worker polls. */
  orphan(more?: Start): Promise<string>;
  close(): Promise<void>;
}

export async function openProbe(): Promise<Probe> {
  // Scripted failures are no news.
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const environment = await TestWorkflowEnvironment.createFromExistingServer({
    address: process.env['ADX_TEST_TEMPORAL_ADDRESS']!,
  });
  const { client, nativeConnection: connection } = environment;
  const workflowsPath = fileURLToPath(new URL('./workflows.ts', import.meta.url));
  const workflowBundle = await bundleWorkflows({ workflowsPath });
  const taskQueue = `probe-${randomUUID()}`;
  const worker = await Worker.create({ connection, taskQueue, workflowBundle });
  const running = worker.run();
  const operations = createOperations({ client, boundsScale: 0.5 });

  const startOn = (queue: string, mode: Mode, more: Start = {}) => {
    const { key = randomUUID(), note = 'none', tenantId = randomUUID(), subject = 'ann', workflow = 'probe' } = more;
    return operations.start(
      { ...probeContract.workflows[workflow], taskQueue: queue },
      {
        input: { mode, note },
        principal: 'signed',
        subject,
        tenantId,
        idempotencyKey: key,
        ...(more.traceparent === undefined ? {} : { traceparent: more.traceparent }),
      },
    );
  };
  return {
    client,
    operations,
    start: (mode, more) => startOn(taskQueue, mode, more),
    async end(mode, more) {
      const { operationId } = await startOn(taskQueue, mode, more);
      if (!(await operations.ended(operationId, 20_000))) throw new Error(`${operationId} did not end within 20 s`);
      return operationId;
    },
    orphan: async (more) => (await startOn(`${taskQueue}-nobody`, 'waits', more)).operationId,
    async close() {
      worker.shutdown();
      await running;
      await environment.teardown();
    },
  };
}

/** Looks again until it is as wanted; fails after 20 s with what it last saw. */
export async function until<T>(look: () => Promise<T>, wanted: (seen: T) => boolean): Promise<T> {
  const end = Date.now() + 20_000;
  for (;;) {
    const seen = await look();
    if (wanted(seen)) return seen;
    if (Date.now() > end) throw new Error(`not within 20 s; last seen: ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
