import type { EntityProgress } from './entity.ts';
import type { Json } from './wire.ts';

/** Never claims more than happened; see each value. */
export type OperationStatus =
  /** Going forward. */
  | 'running'
  /** Asked to pause; what is under way is not interrupted. */
  | 'pausing'
  /** Nothing is under way until somebody resumes it. */
  | 'paused'
  /** Undoing, last step first. */
  | 'compensating'
  /** Waits, durably, for a person. */
  | 'needs-attention'
  | 'completed'
  | 'completed-with-errors'
  /** Failed, and every attempted step is undone. */
  | 'compensated'
  /** Failed, and a person decided to leave at least one step as it is. */
  | 'partly-compensated'
  /** Failed: a saga with effects left behind, which its steps list; a standard process without its effect. */
  | 'failed'
  /** Cancelled; every attempted step is undone, or none had happened. A long-running process keeps what it did: `result`. */
  | 'cancelled'
  /** The deadline passed, and every attempted step is undone. */
  | 'timed-out';

/** The statuses after which nothing happens any more. */
export const CLOSED_STATUSES = [
  'completed',
  'completed-with-errors',
  'compensated',
  'partly-compensated',
  'failed',
  'cancelled',
  'timed-out',
] as const satisfies readonly OperationStatus[];

/** All statuses, open ones first. */
export const OPERATION_STATUSES = [
  'running',
  'pausing',
  'paused',
  'compensating',
  'needs-attention',
  ...CLOSED_STATUSES,
] as const;

/** A failure as the API shows it: a stable type and a text without payloads. */
export interface OperationError {
  readonly type: string;
  readonly message: string;
  /** The details of a declared error, as its contract declares them. */
  readonly details?: Json;
}

/** What became of a step's undo. `undone` is also said when the ledger had nothing to undo. */
export type UndoStatus = 'running' | 'undone' | 'parked' | 'skipped' | 'by-hand' | 'given-up';

/** One activity's place in an operation. Times are ISO 8601. */
export interface StepState {
  readonly name: string;
  readonly service: string;
  /** `waiting` for something from outside; `expired` when that did not come in time. */
  readonly status: 'running' | 'waiting' | 'done' | 'expired' | 'failed' | 'parked' | 'skipped' | 'by-hand';
  /** Of a step that is another process: its operation. */
  readonly operationId?: string;
  /** How often it was run, each time with all the attempts of its contract; of resilient processes. */
  readonly attempts?: number;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly error?: OperationError;
  readonly undo?: UndoStatus;
}

/** What a person may answer to a parked step. */
export const RESOLUTION_ACTIONS = ['retry', 'skip', 'done-by-hand', 'give-up'] as const;
export type ResolutionAction = (typeof RESOLUTION_ACTIONS)[number];

/** A parked step: why it waits, since when, and what may be answered. */
export interface Attention {
  readonly step: string;
  readonly service: string;
  readonly phase: 'step' | 'undo' | 'pivot' | 'tail';
  readonly error: OperationError;
  readonly since: string;
  readonly actions: readonly ResolutionAction[];
}

/** How far a long-running process is. */
export interface OperationProgress {
  /** Items whose outcome is known, failed ones included. */
  readonly processed: number;
  readonly failed: number;
  readonly total: number;
  /** Of the total, whole, 0 to 100; 100 only when every item has an outcome. */
  readonly percentage: number;
  /** At the rate so far, pauses not counted; not known before the first batch, while paused, and at the end. */
  readonly estimatedCompletionAt?: string;
}

/** The state of an operation, answered by the query {@link OPERATION_STATE_QUERY}. */
export interface OperationState {
  readonly status: OperationStatus;
  readonly steps: readonly StepState[];
  readonly attention?: readonly Attention[];
  /** False from the pivot of a saga on, and at the end: neither a cancellation nor a deadline interrupts any more. */
  readonly cancellable: boolean;
  /** Of event-driven processes. */
  readonly entity?: EntityProgress;
  readonly error?: OperationError;
  readonly progress?: OperationProgress;
  /** When it began, if that was in an earlier run of it than the present one. */
  readonly startedAt?: string;
  /** What a cancelled long-running process had done: kept, not undone. */
  readonly result?: Json;
}

/** An operator's answer to a parked step. */
export interface Resolution {
  readonly step: string;
  readonly action: ResolutionAction;
  readonly reason: string;
  /** Where the work by hand is recorded; required for `done-by-hand`. */
  readonly ticket?: string;
  /** Hash of the request, returned with the outcome, so that a repeat can be told from a misuse of its key. */
  readonly fingerprint: string;
}

/** What a resolution led to; answered once it is known. */
export interface ResolutionOutcome {
  readonly step: string;
  readonly action: ResolutionAction;
  readonly outcome: 'resolved' | 'parked-again';
  readonly fingerprint: string;
}

export const OPERATION_STATE_QUERY = 'operationState';
export const RESOLVE_STEP_UPDATE = 'resolveStep';
/** To a long-running process; each takes the {@link Call} of whoever asks, and may be repeated. */
export const PAUSE_SIGNAL = 'pauseOperation';
export const RESUME_SIGNAL = 'resumeOperation';

/**
 * The activity, on the process's own queue, that checks what the process is told: the sandbox has neither schemas nor
 * signatures. The middleware derives it from the contract.
 */
export function signalCheck(workflow: string, signal: string): string {
  return `${workflow}.${signal}.check`;
}

/** Search attributes of every operation, all of type Keyword. */
export const SEARCH_ATTRIBUTES = ['TenantId', 'OperationType', 'OperationStatus', 'BusinessKey'] as const;

/** Set by the starter: the hash of the request behind an operation. */
export const FINGERPRINT_MEMO = 'fingerprint';
/** Set by tests and fault demonstrations: one factor for every bound, kept in the history and so replay-safe. */
export const BOUNDS_SCALE_MEMO = 'boundsScale';
/** Set by tests: after how many history events a long-running process goes on as a new run, if not its own number. */
export const EVENTS_PER_RUN_MEMO = 'eventsPerRun';
