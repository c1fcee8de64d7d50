import { failure, isDeclaredErrorType, rootFailure } from '@adx/contract-kit';
import type {
  ActivityDefinition,
  AnyWorkflowDefinition,
  Bound,
  Call,
  EntityCounts,
  EntityReason,
  EntityStanding,
  FailureType,
  Json,
} from '@adx/contract-kit';
import { ApplicationFailure, patched } from '@temporalio/workflow';
import { settledAttempts } from '../attempts.ts';
import { boundsScale } from '../bounds.ts';
import type { BoundsScale } from '../bounds.ts';
import { createDispatch } from '../dispatch.ts';
import { hash } from '../hash.ts';
import { operationErrorOf } from '../operation-error.ts';
import { createOperation, endStep, now } from '../operation.ts';
import type { Operation, StepRecord } from '../operation.ts';
import { createAttentionDesk, untilDecided } from '../saga/attention.ts';

/** Steps that the state shows: an entity lives for years, its state stays small. */
const SHOWN_STEPS = 20;
/** The sender's mistakes: no attempt helps, and nobody is called. */
const REFUSALS: readonly (FailureType | undefined)[] = [
  'InvalidInput',
  'NotFound',
  'BusinessLogicError',
  'TenantAccessDenied',
  'TenantValidationFailed',
];

/** What goes from one run to the next; far below 8 KB, as whatever grows is in the owner's database. */
export interface Carried {
  readonly standing: EntityStanding;
  readonly counts: EntityCounts;
  /** Steps so far: the ledger's keys span the runs, so that their names must not be used again. */
  readonly steps: number;
  /** Absolute times, in milliseconds: a new run does not begin to wait anew. */
  readonly dueAt?: number;
  readonly idleAt?: number;
  readonly deadlineAt?: number;
}

/** How a step ended: with its output, or not, as its sender's mistake or by a person's decision to skip it. */
export type Taken = { readonly output: Json } | { readonly reason: string };

/** What one run of an entity knows. */
export interface EntityProgress {
  readonly operation: Operation;
  readonly scale: BoundsScale;
  standing: EntityStanding;
  readonly counts: Record<keyof EntityCounts, number>;
  reason?: EntityReason;
  steps(): number;
  /**
   * Runs an activity until it succeeds or a person decides otherwise.
   *
   * @throws ApplicationFailure `EntityFailed` when a person gave up
   */
  take(
    activity: ActivityDefinition & Bound,
    input: Json,
    by: { readonly call: Call; readonly sender: boolean },
  ): Promise<Taken>;
  /** Shows state, counts and times. */
  show(): void;
}

/** Registers the query and the Update of the desk. */
export function beginEntity(
  definition: AnyWorkflowDefinition & Bound,
  call: Call,
  carried: Carried | undefined,
): EntityProgress {
  const operation = createOperation();
  const scale = boundsScale();
  const dispatch = createDispatch(call, scale, definition.taskQueue);
  const desk = createAttentionDesk(operation, dispatch, definition.twoPersons ? call.principal : undefined);
  // A local attempt holds its workflow task open. The server gives up on a task during which more than 100 signals came,
  // and the SDK then records the attempt in the next one, where no replay can be in step with it: the entity stands still
  // for ever. Histories of before this was known have local attempts.
  const place = patched('entity-steps-are-remote') ? ({ locally: false } as const) : {};
  let steps = carried?.steps ?? 0;

  const progress: EntityProgress = {
    operation,
    scale,
    standing: carried?.standing ?? { state: 'new', dueAt: null, ended: false, applied: 0, held: 0 },
    counts: { ...(carried?.counts ?? { applied: 0, duplicate: 0, held: 0, late: 0, rejected: 0 }) },
    steps: () => steps,
    async take(activity, input, { call: by, sender }) {
      steps += 1;
      const record: StepRecord = {
        // With the input's hash: a reset gathers other batches, and what is another batch must be another step.
        name: `${activity.name}~${steps}~${hash(JSON.stringify(input)).toString(36)}`,
        service: activity.service,
        status: 'running',
        startedAt: now(),
      };
      const shown = operation.state.steps;
      shown.push(record);
      if (shown.length > SHOWN_STEPS) shown.splice(0, shown.length - SHOWN_STEPS);
      const stuck = { activity, record, phase: 'tail', actions: ['retry', 'skip', 'give-up'] } as const;
      const repaired = await untilDecided(desk, stuck, async (): Promise<Taken> => {
        record.status = 'running';
        try {
          const attempts = { ...settledAttempts(activity), ...place };
          return { output: await dispatch(activity, activity.name, input, record.name, attempts, by) };
        } catch (error) {
          const root = rootFailure(error);
          const type = root instanceof ApplicationFailure ? (root.type ?? undefined) : undefined;
          if (!sender || type === undefined) throw error;
          if (!isDeclaredErrorType(type) && !REFUSALS.includes(type as FailureType)) throw error;
          endStep(record, 'failed', operationErrorOf(error));
          return { reason: type };
        }
      });
      if ('value' in repaired) {
        if ('output' in repaired.value) endStep(record, 'done');
        return repaired.value;
      }
      const error = operationErrorOf(repaired.error);
      if (repaired.decided === 'skip') {
        endStep(record, 'skipped', error);
        return { reason: 'Skipped' };
      }
      endStep(record, 'failed', error);
      operation.state.error = error;
      throw failure('EntityFailed', `${error.type}: a person gave up`, { cause: repaired.error });
    },
    show() {
      const { standing, counts, reason } = progress;
      operation.state.entity = {
        state: standing.state,
        events: { ...counts },
        ...(standing.dueAt === null ? {} : { dueAt: standing.dueAt }),
        ...(reason === undefined ? {} : { reason }),
      };
    },
  };
  progress.show();
  return progress;
}
