import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { BOUNDS_SCALE_MEMO, OPERATION_STATE_QUERY, RESOLVE_STEP_UPDATE, formatOperationId } from '@adx/contract-kit';
import type { Call, Json, OperationState, Resolution, ResolutionAction, ResolutionOutcome } from '@adx/contract-kit';
import { bundleWorkflows } from '@adx/workflow-bundle';
import { WorkflowFailedError } from '@temporalio/client';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import type { ferryContract } from './ferry.contract.ts';

const TENANT = '3f0c9a52-6c1e-4c35-9d0b-2a2f1b1f6a10';

type Script = () => Promise<Json> | Json;

/** A ferry over the real Temporal server and the real sandbox; its activities are scripted, for each crossing. */
export interface Ferry {
  /** What workflows told a person by the log. */
  readonly alerts: Record<string, unknown>[];
  /** @param cars default two */
  cross(
    process: keyof typeof ferryContract.workflows | 'misnamed',
    options?: { readonly cars?: number; readonly scale?: number; readonly scripts?: Readonly<Record<string, Script>> },
  ): Promise<Crossing>;
  close(): Promise<void>;
}

export interface Crossing {
  readonly handle: WorkflowHandle;
  /** Every attempt, in order: `carry`, `carry~2.undo`, ... */
  readonly attempts: string[];
  state(): Promise<OperationState>;
  until(wanted: (state: OperationState) => boolean): Promise<OperationState>;
  resolve(step: string, action: ResolutionAction): Promise<ResolutionOutcome>;
  /** The result, or the types of the failure it ended with and of its root. */
  ending(): Promise<{ readonly result?: Json; readonly type?: string; readonly root?: string }>;
}

export async function openFerry(address = process.env['ADX_TEST_TEMPORAL_ADDRESS']!): Promise<Ferry> {
  const alerts: Record<string, unknown>[] = [];
  const logger = new DefaultLogger('WARN', ({ message, meta }) => {
    if (message === 'a step cannot go on') alerts.push({ ...meta });
  });
  Runtime.install({ logger });
  const environment = await TestWorkflowEnvironment.createFromExistingServer({ address });
  const { client, nativeConnection: connection } = environment;
  const workflowsPath = fileURLToPath(new URL('./workflows.ts', import.meta.url));
  const { code } = await bundleWorkflows({ workflowsPath });
  const crossings = new Map<string, { attempts: string[]; scripts: Readonly<Record<string, Script>> }>();
  const act = async (_input: Json, { operationId, step }: Required<Call>, suffix: string) => {
    const { attempts, scripts } = crossings.get(operationId)!;
    const name = step.includes('.resolve') ? step : `${step}${suffix}`;
    attempts.push(name);
    return (await scripts[name]?.()) ?? null;
  };
  const activities = Object.fromEntries(
    ['castOff', 'carry'].flatMap((name) =>
      ['', '.undo', '.resolve'].map((suffix) => [
        `${name}${suffix}`,
        (input: Json, call: Required<Call>) => act(input, call, suffix),
      ]),
    ),
  );
  const worker = await Worker.create({ connection, taskQueue: 'ferry', activities, workflowBundle: { code } });
  const running = worker.run();

  return {
    alerts,
    async close() {
      worker.shutdown();
      await running;
      await environment.teardown();
    },
    async cross(workflowType, { cars = 2, scale = 0.01, scripts = {} } = {}) {
      const workflowId = formatOperationId({ tenantId: TENANT, workflowType, key: randomUUID() });
      const attempts: string[] = [];
      crossings.set(workflowId, { attempts, scripts });
      const call: Call = { operationId: workflowId, principal: 'the captain' };
      const handle = await client.workflow.start(workflowType, {
        taskQueue: 'ferry',
        workflowId,
        args: [{ cars }, call],
        memo: { [BOUNDS_SCALE_MEMO]: scale },
      });
      const state = () => handle.query<OperationState>(OPERATION_STATE_QUERY);
      return {
        handle,
        attempts,
        state,
        until: (wanted) => until(state, wanted),
        resolve: (step, action) =>
          handle.executeUpdate<ResolutionOutcome, [Resolution, Call]>(RESOLVE_STEP_UPDATE, {
            args: [
              { step, action, reason: 'seen to', fingerprint: 'f' },
              { ...call, principal: 'the operator' },
            ],
          }),
        ending: () => handle.result().then((result: Json) => ({ result }), endingOf),
      };
    },
  };
}

function endingOf(error: unknown): { readonly type: string; readonly root: string } {
  if (!(error instanceof WorkflowFailedError)) throw error;
  const typeOf = (one: unknown) => (one instanceof ApplicationFailure ? (one.type ?? '') : (one as Error).name);
  let root: Error = error.cause!;
  while (root.cause instanceof Error) root = root.cause;
  return { type: typeOf(error.cause), root: typeOf(root) };
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
