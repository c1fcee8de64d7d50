import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import {
  BOUNDS_SCALE_MEMO,
  OPERATION_STATE_QUERY,
  PAUSE_SIGNAL,
  RESUME_SIGNAL,
  formatOperationId,
} from '@adx/contract-kit';
import type { Call, Json, OperationState } from '@adx/contract-kit';
import { bundleWorkflows } from '@adx/workflow-bundle';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import type { depotContract, yardContract } from './depot.contract.ts';

const TENANT = '3f0c9a52-6c1e-4c35-9d0b-2a2f1b1f6a10';

type Activity = keyof typeof depotContract.activities | keyof typeof yardContract.activities;
type Script = (input: Record<string, Json>, call: Required<Call>) => Promise<Json> | Json;

/** A depot with a number of parcels, over the real Temporal server and the real sandbox. */
export interface Depot {
  /** The steps of all attempts, in order. */
  readonly steps: string[];
  readonly calls: Required<Call>[];
  /** Replaces what an activity does; undefined from the script means: the usual. */
  script(activity: Activity, does: Script): void;
  /** Fills the depot, and starts to move. `lanes`: after which parcels they begin; each ends where the next begins. */
  move(
    parcels: number,
    options?: { readonly lanes?: readonly number[]; readonly workflowType?: string },
  ): Promise<Move>;
  reset(): void;
  close(): Promise<void>;
}

export interface Move {
  readonly handle: WorkflowHandleWithFirstExecutionRunId;
  state(): Promise<OperationState>;
  until(wanted: (state: OperationState) => boolean): Promise<OperationState>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  statusAttribute(): Promise<string | undefined>;
  /** History events of every run, oldest run first. */
  runs(): Promise<number[]>;
}

export async function openDepot(address = process.env['ADX_TEST_TEMPORAL_ADDRESS']!): Promise<Depot> {
  // Progress and scripted failures are no news.
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const environment = await TestWorkflowEnvironment.createFromExistingServer({ address });
  const { client, nativeConnection: connection } = environment;
  const workflowsPath = fileURLToPath(new URL('./workflows.ts', import.meta.url));
  const { code } = await bundleWorkflows({ workflowsPath });
  const steps: string[] = [];
  const calls: Required<Call>[] = [];
  const scripts = new Map<string, Script>();
  let parcels = 0;
  let lanes: readonly number[] = [0];
  /** By where a batch begins: the first to commit wins, as in a database. */
  const batches = new Map<number, { processed: number; failed: number; cursor: number | null }>();
  const counts = () => [...batches.values()];
  const take = (after: number, size: number, fails: boolean) => {
    const end = lanes.find((from) => from > after) ?? parcels;
    const upTo = Math.min(after + size, end);
    const done = batches.get(after) ?? {
      processed: upTo - after,
      failed: fails ? upTo - after : 0,
      cursor: upTo < end ? upTo : null,
    };
    batches.set(after, done);
    return done;
  };
  const usual: Record<Activity, Script> = {
    openMove: () => ({ total: parcels, processed: 0, failed: 0, lanes: parcels === 0 ? [] : [...lanes] }),
    moveBatch: ({ after, size }) => take(Number(after), Number(size), false),
    setBatchAside: ({ after, size }) => take(Number(after), Number(size), true),
    closeMove: () => ({
      processed: counts().reduce((sum, { processed }) => sum + processed, 0),
      failed: counts().reduce((sum, { failed }) => sum + failed, 0),
    }),
    tellHowFar: () => null,
    listParcels: ({ limit }) => ({ found: Number(limit) }),
  };
  const activities = Object.fromEntries(
    Object.entries(usual).map(([name, does]) => [
      name,
      async (input: Record<string, Json>, call: Required<Call>) => {
        steps.push(call.step);
        calls.push(call);
        return (await scripts.get(name)?.(input, call)) ?? does(input, call);
      },
    ]),
  );
  const workers = [
    await Worker.create({ connection, taskQueue: 'depot', activities, workflowBundle: { code } }),
    await Worker.create({ connection, taskQueue: 'yard', activities }),
  ];
  const running = workers.map((worker) => worker.run());

  return {
    steps,
    calls,
    script: (activity, does) => void scripts.set(activity, does),
    reset: () => {
      scripts.clear();
      steps.length = 0;
      calls.length = 0;
    },
    async close() {
      for (const worker of workers) worker.shutdown();
      await Promise.all(running);
      await environment.teardown();
    },
    async move(count, options = {}) {
      parcels = count;
      lanes = options.lanes ?? [0];
      batches.clear();
      const { workflowType = 'moveParcels' } = options;
      const workflowId = formatOperationId({ tenantId: TENANT, workflowType, key: randomUUID() });
      const call: Call = { operationId: workflowId, principal: 'the owner' };
      const handle = await client.workflow.start(workflowType, {
        taskQueue: 'depot',
        workflowId,
        args: [{ job: 'j' }, call],
        memo: { [BOUNDS_SCALE_MEMO]: 0.01 },
      });
      const latest = client.workflow.getHandle(workflowId);
      const state = () => latest.query<OperationState>(OPERATION_STATE_QUERY);
      return {
        handle,
        state,
        until: (wanted) => until(state, wanted),
        pause: () => latest.signal(PAUSE_SIGNAL, call),
        resume: () => latest.signal(RESUME_SIGNAL, call),
        statusAttribute: async () =>
          (await latest.describe()).typedSearchAttributes.get(defineSearchAttributeKey('OperationStatus', 'KEYWORD')),
        async runs() {
          const lengths: number[] = [];
          let runId: string | undefined = handle.firstExecutionRunId;
          while (runId) {
            const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
            lengths.push(events!.length);
            runId = events!.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
          }
          return lengths;
        },
      };
    },
  };
}

/** Polls, as a client of a durable process must; fails after 20 s with what it last saw. */
export async function until<T>(look: () => Promise<T> | T, wanted: (seen: T) => boolean): Promise<T> {
  const end = Date.now() + 20_000;
  for (;;) {
    const seen = await look();
    if (wanted(seen)) return seen;
    if (Date.now() > end) throw new Error(`not within 20 s; last seen: ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
