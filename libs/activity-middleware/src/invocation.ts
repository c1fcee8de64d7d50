import type { ActivityDefinition, Bound, Call } from '@adx/contract-kit';

/**
 * What an activity type stands for: the activity itself, or one of those derived from it: `<name>.undo`,
 * `<name>.settle` (asks the ledger how a pivot ended) and `<name>.resolve` (records a person's decision).
 */
export type ActivityMode = 'forward' | 'undo' | 'settle' | 'resolve';

/** A call as the kernel completes it: the ledger's key is in it. */
export type StepCall = Call & Required<Pick<Call, 'executionKey' | 'step'>>;

/** What Temporal says of this attempt. */
export interface AttemptInfo {
  /** From 1. */
  readonly attempt: number;
  readonly timeoutMs: number;
}

/** The context every middleware starts from. */
export interface Invocation {
  readonly activity: ActivityDefinition & Bound;
  readonly mode: ActivityMode;
  readonly call: StepCall;
  readonly attempt: AttemptInfo;
  /** As it came over the wire, not yet checked. */
  readonly raw: unknown;
}

/** The modes that a kind of activity has besides going forward. */
export const DERIVED_MODES = {
  compensatable: ['undo', 'resolve'],
  pivot: ['settle', 'resolve'],
  retriable: ['resolve'],
  readonly: [],
} as const satisfies Record<ActivityDefinition['kind'], readonly ActivityMode[]>;
