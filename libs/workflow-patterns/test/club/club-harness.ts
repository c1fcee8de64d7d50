import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import {
  BOUNDS_SCALE_MEMO,
  ENTITY_EVENTS_SIGNAL,
  ENTITY_EVENTS_UPDATE,
  OPERATION_STATE_QUERY,
  RESOLVE_STEP_UPDATE,
  formatOperationId,
} from '@adx/contract-kit';
import type { Call, EntityEvent, EntityOutcome, Json, OperationState, ResolutionAction } from '@adx/contract-kit';
import { bundleWorkflows } from '@adx/workflow-bundle';
import { WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { createMemberTable } from './member-table.ts';
import type { MemberTable } from './member-table.ts';

const TENANT = '3f0c9a52-6c1e-4c35-9d0b-2a2f1b1f6a10';

type Script = (input: Json, call: Required<Call>) => Promise<Json> | Json;

/** Event number `seq` of a sender that numbers. */
export const numbered = (seq: number, more: Partial<EntityEvent> = {}): EntityEvent => ({
  eventId: `e${seq}`,
  type: 'visited',
  seq,
  data: null,
  ...more,
});
export const plain = (eventId: string, more: Partial<EntityEvent> = {}): EntityEvent => ({
  eventId,
  type: 'visited',
  data: null,
  ...more,
});

/** A club on some Temporal server: the real kernel and sandbox over scripted activities. */
export interface Club {
  readonly environment: TestWorkflowEnvironment;
  /** Every attempt: its activity, its input and its call. */
  readonly attempts: { readonly activity: string; readonly input: Json; readonly call: Required<Call> }[];
  script(activity: string, does: Script | undefined): void;
  start(options?: { workflowType?: string; dueAfterMs?: number | null; scale?: number }): Promise<Member>;
  stopWorker(): Promise<void>;
  startWorker(): Promise<void>;
  close(): Promise<void>;
}

/** One membership. */
export interface Member {
  readonly handle: WorkflowHandleWithFirstExecutionRunId;
  readonly table: MemberTable;
  readonly workflowId: string;
  signal(events: unknown, principal?: string): Promise<void>;
  update(events: readonly EntityEvent[], updateId?: string): Promise<EntityOutcome[] | { refused: string }>;
  state(): Promise<OperationState>;
  until(wanted: (state: OperationState) => boolean): Promise<OperationState>;
  resolve(step: string, action: ResolutionAction): Promise<unknown>;
  ending(): Promise<{ result?: Json; type?: string; rootType?: string; state?: OperationState }>;
  /** The history of every run, first one first. */
  histories(): Promise<History[]>;
}

export async function openClub(environment: TestWorkflowEnvironment): Promise<Club> {
  const { client, nativeConnection: connection } = environment;
  const workflowsPath = fileURLToPath(new URL('./workflows.ts', import.meta.url));
  const { code } = await bundleWorkflows({ workflowsPath });
  const scripts = new Map<string, Script>();
  const attempts: { activity: string; input: Json; call: Required<Call> }[] = [];
  const tables = new Map<string, MemberTable>();
  const usual: Record<string, (table: MemberTable, input: never) => Json> = {
    join: (table, { at, input }: { at: string; input: { dueAfterMs: number | null } }) =>
      table.open(at, input.dueAfterMs),
    visit: (table, { at, events }: { at: string; events: EntityEvent[] }) => table.apply(at, events),
    manage: (table, { at, events }: { at: string; events: EntityEvent[] }) => table.apply(at, events),
    remind: (table, { at, reason }: { at: string; reason: string }) => table.alarm(at, reason),
  };
  const ledger = new Map<string, Json>();
  const activities = Object.fromEntries(
    Object.entries(usual).flatMap(([activity, does]) => [
      [
        activity,
        async (input: Json, call: Required<Call>) => {
          attempts.push({ activity, input, call });
          const known = ledger.get(`${call.executionKey}/${call.step}`);
          if (known !== undefined) return known;
          const table = tables.get(call.operationId)!;
          const scripted = await scripts.get(activity)?.(input, call);
          const output = scripted ?? does(table, input as never);
          ledger.set(`${call.executionKey}/${call.step}`, output);
          return output;
        },
      ],
      [`${activity}.resolve`, () => Promise.resolve(null)],
    ]),
  );
  let worker: Worker | undefined;
  let running: Promise<void> | undefined;
  const startWorker = async () => {
    worker = await Worker.create({
      connection,
      taskQueue: 'club',
      activities,
      workflowBundle: { code },
      stickyQueueScheduleToStartTimeout: '1s',
    });
    running = worker.run();
  };
  const stopWorker = async () => {
    worker?.shutdown();
    await running;
    worker = undefined;
  };
  await startWorker();

  return {
    environment,
    attempts,
    script: (activity, does) => void (does ? scripts.set(activity, does) : scripts.delete(activity)),
    startWorker,
    stopWorker,
    async close() {
      if (worker) await stopWorker();
      await environment.teardown();
    },
    async start({ workflowType = 'membership', dueAfterMs = null, scale = 1 } = {}) {
      const workflowId = formatOperationId({ tenantId: TENANT, workflowType, key: randomUUID() });
      const table = createMemberTable();
      tables.set(workflowId, table);
      const call: Call = { operationId: workflowId, principal: 'the club' };
      const handle = await client.workflow.start(workflowType, {
        taskQueue: 'club',
        workflowId,
        args: [{ dueAfterMs }, call],
        memo: { [BOUNDS_SCALE_MEMO]: scale },
      });
      // Of the last run, whichever that is by then.
      const any = client.workflow.getHandle(workflowId);
      const state = () => any.query<OperationState>(OPERATION_STATE_QUERY);
      return {
        handle,
        table,
        workflowId,
        state,
        until: (wanted) => until(state, wanted),
        signal: (events, principal = 'a gate') =>
          any.signal(ENTITY_EVENTS_SIGNAL, events, { operationId: workflowId, principal }),
        update: (events, updateId) =>
          any
            .executeUpdate<EntityOutcome[], [readonly EntityEvent[], Call]>(ENTITY_EVENTS_UPDATE, {
              args: [events, { operationId: workflowId, principal: 'a desk' }],
              ...(updateId === undefined ? {} : { updateId }),
            })
            .catch((error: unknown) => {
              if (!(error instanceof WorkflowUpdateFailedError)) throw error;
              return { refused: (error.cause as ApplicationFailure).type ?? 'unknown' };
            }),
        resolve: (step, action) =>
          any.executeUpdate(RESOLVE_STEP_UPDATE, {
            args: [{ step, action, reason: 'seen to', fingerprint: 'f' }, call],
          }),
        ending: () =>
          handle.result().then(
            (result) => ({ result: result as Json }),
            (error: unknown) => endingOf(error),
          ),
        async histories() {
          const all: History[] = [];
          let runId: string | undefined = handle.firstExecutionRunId;
          while (runId) {
            const history: History = await client.workflow.getHandle(workflowId, runId).fetchHistory();
            all.push(history);
            runId =
              history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
          }
          return all;
        },
      };
    },
  };
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

/** Polls, as a client of a durable process must; fails after 30 s with what it last saw. */
export async function until<T>(look: () => Promise<T> | T, wanted: (seen: T) => boolean): Promise<T> {
  const end = Date.now() + 30_000;
  for (;;) {
    const seen = await look();
    if (wanted(seen)) return seen;
    if (Date.now() > end) throw new Error(`not within 30 s; last seen: ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
