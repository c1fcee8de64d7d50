import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker, bundleWorkflowCode } from '@temporalio/worker';
import type { Pool } from 'pg';
import { SCHEMA, createActivities } from './activities.ts';

/** The reference, running. */
export interface Reference {
  readonly client: Client;
  readonly taskQueue: string;
  stop(): Promise<void>;
}

/** Starts its worker, with the SDK's defaults, and makes its tables. */
export async function startReference(options: { readonly address: string; readonly pool: Pool }): Promise<Reference> {
  const { address, pool } = options;
  await pool.query(SCHEMA);
  const connection = await NativeConnection.connect({ address });
  const bundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('workflows.ts', import.meta.url)),
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} },
  });
  const taskQueue = 'reference';
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowBundle: bundle,
    activities: createActivities(pool),
  });
  const running = worker.run();
  const own = await Connection.connect({ address });
  return {
    client: new Client({ connection: own }),
    taskQueue,
    async stop() {
      worker.shutdown();
      await running;
      await own.close();
      await connection.close();
    },
  };
}
