import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import {
  BOUNDS_SCALE_MEMO,
  OPERATION_STATE_QUERY,
  RESOLVE_STEP_UPDATE,
  failure,
  formatOperationId,
} from '@adx/contract-kit';
import type { Call, Json, OperationState, Resolution, ResolutionAction, ResolutionOutcome } from '@adx/contract-kit';
import { bundleWorkflows } from '@adx/workflow-bundle';
import { WorkflowFailedError } from '@temporalio/client';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, defineSearchAttributeKey } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';

const TENANT = '3f0c9a52-6c1e-4c35-9d0b-2a2f1b1f6a10';
const OPERATOR: Call = { operationId: 'set by the kernel', principal: 'the operator' };
const SENDER: Call = { operationId: 'set by the kernel', principal: 'the bank' };

type Script = (input: Json, call: Required<Call>) => Promise<Json> | Json;

/** A shop whose activities are scripted: the real Temporal server and the real sandbox around them. */
export interface Shop {
  /** Every attempt, in order: `charge`, `charge.undo`, ... */
  readonly attempts: string[];
  /** The calls of the attempts. */
  readonly calls: Required<Call>[];
  /** Replaces what an activity does. */
  script(activity: string, does: Script): void;
  start(mode: string, options?: { readonly scale?: number; readonly workflowType?: string }): Promise<Sale>;
  /** One that another saga started. */
  operation(operationId: string): Sale;
  reset(): void;
  close(): Promise<void>;
}

/** One running saga. */
export interface Sale {
  readonly handle: WorkflowHandle;
  /** The result, or the failure it ended with. */
  ending(): Promise<{ result?: Json; type?: string; rootType?: string; state?: OperationState }>;
  state(): Promise<OperationState>;
  /** Waits, within a bound, until the state is as wanted. */
  until(wanted: (state: OperationState) => boolean): Promise<OperationState>;
  resolve(step: string, action: ResolutionAction, more?: Partial<Resolution>): Promise<ResolutionOutcome>;
  /** Tells it something, with the sender's own call; `call: null` sends none. */
  tell(signal: string, payload: Json, options?: { readonly call?: null }): Promise<unknown>;
  statusAttribute(): Promise<string | undefined>;
  /** Waits until a workflow task failed, returns its message, and ends the workflow. */
  bug(): Promise<string>;
}

const ACTIVITIES = [
  'reserve',
  'pack',
  'ship',
  'thank',
  'label',
  'charge',
  'inspect',
  'look',
  'collect',
  'putBack',
  'deliver',
  'advertise',
];
/** What the middleware derives from the contract for signals. */
const CHECKS = ['buy.paid.check'];

/** @param address of a Temporal server on which nobody else has a shop: its queues are named by contracts */
export async function openShop(address = process.env['ADX_TEST_TEMPORAL_ADDRESS']!): Promise<Shop> {
  const environment = await TestWorkflowEnvironment.createFromExistingServer({ address });
  const { client, nativeConnection: connection } = environment;
  const workflowsPath = fileURLToPath(new URL('./workflows.ts', import.meta.url));
  const { code } = await bundleWorkflows({ workflowsPath });

  const attempts: string[] = [];
  const calls: Required<Call>[] = [];
  const scripts = new Map<string, Script>();
  const activities = Object.fromEntries(
    [...ACTIVITIES.flatMap((name) => [name, `${name}.undo`, `${name}.settle`, `${name}.resolve`]), ...CHECKS].map(
      (type) => [
        type,
        async (input: Json, call: Required<Call>) => {
          attempts.push(type);
          calls.push(call);
          return (await scripts.get(type)?.(input, call)) ?? usual(type, input);
        },
      ],
    ),
  );
  const workers = await Promise.all(
    ['shop', 'bank'].map((taskQueue) =>
      Worker.create({
        connection,
        taskQueue,
        activities,
        ...(taskQueue === 'shop' ? { workflowBundle: { code } } : {}),
      }),
    ),
  );
  const running = workers.map((worker) => worker.run());

  return {
    attempts,
    calls,
    script: (activity, does) => void scripts.set(activity, does),
    operation: (operationId) => saleOf(client.workflow.getHandle(operationId)),
    reset: () => {
      scripts.clear();
      attempts.length = 0;
      calls.length = 0;
    },
    async close() {
      for (const worker of workers) worker.shutdown();
      await Promise.all(running);
      await environment.teardown();
    },
    async start(mode, { scale = 0.02, workflowType = 'buy' } = {}) {
      const workflowId = formatOperationId({ tenantId: TENANT, workflowType: 'buy', key: randomUUID() });
      const call: Call = { operationId: workflowId, principal: 'the customer' };
      const handle = await client.workflow.start(workflowType, {
        taskQueue: 'shop',
        workflowId,
        args: [{ mode }, call],
        memo: { [BOUNDS_SCALE_MEMO]: scale },
      });
      return saleOf(handle);
    },
  };
}

function saleOf(handle: WorkflowHandle): Sale {
  const state = () => handle.query<OperationState>(OPERATION_STATE_QUERY);
  return {
    handle,
    state,
    ending: () =>
      handle.result().then(
        (result) => ({ result: result as Json }),
        (error: unknown) => ({ ...endingOf(error) }),
      ),
    until: (wanted) => until(state, wanted),
    resolve: (step, action, more = {}) =>
      handle.executeUpdate<ResolutionOutcome, [Resolution, Call]>(RESOLVE_STEP_UPDATE, {
        args: [{ step, action, reason: 'seen to', fingerprint: 'f', ...more }, OPERATOR],
      }),
    tell: (signal, payload, options = {}) =>
      handle.executeUpdate<unknown, [Json, Call | null]>(signal, {
        args: [payload, options.call === null ? null : SENDER],
      }),
    statusAttribute: async () =>
      (await handle.describe()).typedSearchAttributes.get(defineSearchAttributeKey('OperationStatus', 'KEYWORD')),
    async bug() {
      const failed = await until(
        async () => {
          const { events } = await handle.fetchHistory();
          return events?.find((event) => event.workflowTaskFailedEventAttributes)?.workflowTaskFailedEventAttributes;
        },
        (event) => event !== undefined && event !== null,
      );
      await handle.terminate();
      // The message is in a payload, so that a codec can encrypt it; there is none here.
      const attributes = failed?.failure?.encodedAttributes?.data;
      if (!attributes) return failed?.failure?.message ?? '';
      return (JSON.parse(Buffer.from(attributes).toString('utf8')) as { message: string }).message;
    },
  };
}

function usual(type: string, input: Json): Json {
  if (type.endsWith('.check')) return input;
  if (type === 'ship' || type === 'label') return { parcel: 'P1' };
  return type.includes('.') ? null : { item: 'book' };
}

function endingOf(error: unknown): { type: string; rootType?: string; state?: OperationState } {
  if (!(error instanceof WorkflowFailedError)) throw error;
  const { cause } = error;
  if (!(cause instanceof ApplicationFailure)) return { type: cause?.name ?? 'unknown' };
  let root: unknown = cause;
  while (root instanceof Error && root.cause instanceof Error) root = root.cause;
  return {
    type: cause.type ?? 'unknown',
    rootType: root instanceof ApplicationFailure ? (root.type ?? 'unknown') : (root as Error).name,
    state: cause.details?.[0] as OperationState,
  };
}

/** Polls, as a client of a durable process must; fails after 20 s with what it last saw. */
async function until<T>(look: () => Promise<T>, wanted: (seen: T) => boolean): Promise<T> {
  const end = Date.now() + 20_000;
  for (;;) {
    const seen = await look();
    if (wanted(seen)) return seen;
    if (Date.now() > end) throw new Error(`not within 20 s; last seen: ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

export const refused = (type: 'UndoImpossible' | 'PivotUnsettled' | 'StepFenced' | 'InvalidInput') => () => {
  throw failure(type, 'scripted');
};

/** Worth another attempt, each time. */
export const broken = () => {
  throw ApplicationFailure.create({ type: 'UnexpectedError', message: 'scripted' });
};
