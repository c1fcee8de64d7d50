import { OPERATION_STATE_QUERY } from '@adx/contract-kit';
import type { OperationError, OperationState, OperationStatus, StepState } from '@adx/contract-kit';
import { defineSearchAttributeKey } from '@temporalio/common';
import { defineQuery, setHandler, upsertSearchAttributes } from '@temporalio/workflow';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A step as its pattern keeps it: the one that the query shows, still being written. */
export type StepRecord = Mutable<StepState>;

const STATUS = defineSearchAttributeKey('OperationStatus', 'KEYWORD');

/** What every process shows of itself, in one place: the query answers from it, the search attribute follows it. */
export interface Operation {
  readonly state: Mutable<Omit<OperationState, 'steps'>> & { readonly steps: StepRecord[] };
  /** Changes the status, and with it the search attribute: one history event per real change. */
  setStatus(status: OperationStatus): void;
  /** Opens a record for the next step; a repeated name gets `~2`, `~3`. */
  begin(activity: { readonly name: string; readonly service: string }): StepRecord;
}

/** Registers the query {@link OPERATION_STATE_QUERY}. The starter has set the search attribute to `running`. */
export function createOperation(): Operation {
  const state: Operation['state'] = { status: 'running', steps: [], cancellable: true };
  const uses = new Map<string, number>();
  setHandler(defineQuery<OperationState>(OPERATION_STATE_QUERY), () => state);
  return {
    state,
    setStatus(status) {
      if (state.status === status) return;
      state.status = status;
      upsertSearchAttributes([{ key: STATUS, value: status }]);
    },
    begin({ name, service }) {
      const use = (uses.get(name) ?? 0) + 1;
      uses.set(name, use);
      const record: StepRecord = {
        name: use === 1 ? name : `${name}~${use}`,
        service,
        status: 'running',
        startedAt: now(),
      };
      state.steps.push(record);
      return record;
    },
  };
}

/** Closes a step's record. */
export function endStep(record: StepRecord, status: StepState['status'], error?: OperationError): void {
  record.status = status;
  record.endedAt = now();
  if (error) record.error = error;
}

/** Workflow time as ISO 8601. */
export function now(): string {
  return new Date(Date.now()).toISOString();
}
