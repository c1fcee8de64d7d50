import { BOUNDS_SCALE_MEMO, failure, failureOf, formatOperationId, parseOperationId } from '@adx/contract-kit';
import type { AnyWorkflowDefinition, Bound, Call, Json, UndoStatus, WorkflowDefinition } from '@adx/contract-kit';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { SearchAttributePair } from '@temporalio/common';
import {
  CancelledFailure,
  ChildWorkflowCancellationType,
  ChildWorkflowFailure,
  ParentClosePolicy,
  WorkflowIdReusePolicy,
  executeChild,
  workflowInfo,
} from '@temporalio/workflow';
import { operationErrorOf } from '../operation-error.ts';
import { endStep } from '../operation.ts';
import { SagaMisuse } from './saga-misuse.ts';
import { admit } from './saga-progress.ts';
import type { SagaProgress } from './saga-progress.ts';
import { finish } from './tail.ts';

/** A process of some contract. */
export type BoundWorkflow = AnyWorkflowDefinition & Bound;

/** A saga whose contract says which other saga takes a finished one back. */
export type UndoableWorkflow = BoundWorkflow & {
  readonly pattern: 'saga';
  readonly undoneBy: AnyWorkflowDefinition;
};

/**
 * Another saga as a step. One that failed has undone itself; one that finished is undone by the saga that its contract
 * names. A cancellation reaches it, and is over when its own undo is.
 */
export async function runChild(progress: SagaProgress, workflow: UndoableWorkflow, input: Json): Promise<Json> {
  admit(progress, workflow.name);
  const undoneBy = workflow.undoneBy as BoundWorkflow | undefined;
  if (!undoneBy) throw new SagaMisuse(`${workflow.name} has no undoneBy: it can only come after the pivot`);
  const record = progress.operation.begin(workflow);
  let ended: (() => Promise<UndoStatus>) | undefined;
  let undos = 0;
  progress.attempted.push({ owner: workflow, record, undo: () => ended!() });
  const child = childOf(progress.call, workflow, input, record.name);
  record.operationId = child.operationId;
  try {
    const output = await child.run(ParentClosePolicy.REQUEST_CANCEL);
    endStep(record, 'done');
    ended = async () => {
      // Again after a failure: then as another operation, for the one before has ended.
      undos += 1;
      const step = undos === 1 ? record.name : `${record.name}-${undos}`;
      await childOf(progress.call, undoneBy, { input, output }, step).run(ParentClosePolicy.ABANDON);
      return 'undone';
    };
    return output;
  } catch (error) {
    ended = () => leftBehind(error);
    endStep(record, 'failed', operationErrorOf(error));
    throw error;
  }
}

/** A process behind the pivot: it finishes, or a person decides what becomes of it. */
export function runLiveChild(progress: SagaProgress, workflow: BoundWorkflow, input: Json): Promise<void> {
  let attempts = 0;
  return finish(progress, workflow, (record) => {
    attempts += 1;
    const step = attempts === 1 ? record.name : `${record.name}-${attempts}`;
    const child = childOf(progress.call, workflow, input, step);
    record.operationId = child.operationId;
    return child.run(ParentClosePolicy.ABANDON);
  });
}

/**
 * What a child that did not finish has left behind, as it says itself.
 *
 * @throws UndoImpossible when it does not say: it was ended from outside, or its start was refused
 */
async function leftBehind(error: unknown): Promise<UndoStatus> {
  switch (failureOf(error)?.type) {
    case 'SagaCompensated':
    case 'SagaTimedOut':
    case 'SagaAlreadyUndone':
      return 'undone';
    case 'SagaPartlyCompensated':
      return 'skipped';
    case 'SagaFailed':
      return 'given-up';
  }
  // Cancelled: it has undone everything, or never began.
  const cause = error instanceof ChildWorkflowFailure ? error.cause : error;
  if (cause instanceof CancelledFailure) return 'undone';
  throw failure('UndoImpossible', 'the process that was this step did not say what it left behind');
}

/** One process under this one: the same tenant and principal, an id that follows from this operation and the step. */
function childOf(call: Call, workflow: BoundWorkflow, input: Json, step: string) {
  const { workflowId, memo } = workflowInfo();
  const parent = parseOperationId(workflowId);
  if (!parent) throw new SagaMisuse(`"${workflowId}" is no operation id: start sagas through their contract`);
  const { tenantId } = parent;
  const { identity } = workflow as unknown as WorkflowDefinition;
  const own = `${parent.workflowType}-${parent.key}-${step.replace('~', '-')}`;
  const key = identity === 'request' ? own : identity(input);
  const operationId = formatOperationId({ tenantId, workflowType: workflow.name, key });
  const attributes: SearchAttributePair[] = [
    keyword('TenantId', tenantId),
    keyword('OperationType', workflow.name),
    keyword('OperationStatus', 'running'),
    ...(identity === 'request' ? [] : [keyword('BusinessKey', key)]),
  ];
  const scale = memo?.[BOUNDS_SCALE_MEMO];
  const run = (parentClosePolicy: ParentClosePolicy): Promise<Json> =>
    executeChild(workflow.name, {
      workflowId: operationId,
      taskQueue: workflow.taskQueue,
      args: [input, { ...call, operationId }],
      // After a reset one of this id exists already: doing it twice is worse than asking a person.
      workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
      parentClosePolicy,
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      typedSearchAttributes: attributes,
      ...(scale === undefined ? {} : { memo: { [BOUNDS_SCALE_MEMO]: scale } }),
      priority: { fairnessKey: tenantId },
    });
  return { operationId, run };
}

function keyword(name: string, value: string): SearchAttributePair {
  return { key: defineSearchAttributeKey(name, 'KEYWORD'), value };
}
