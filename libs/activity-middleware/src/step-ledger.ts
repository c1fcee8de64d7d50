import type { Access, Json, Principal } from '@adx/contract-kit';
import type { OutboxRow } from './outbox.ts';

/** Which step of which operation an attempt works on, and for whom. */
export interface StepRequest {
  /** Its `tenantId` is the tenant of the effect; there is no other source. */
  readonly principal: Principal;
  readonly operationId: string;
  /** Workflow id and first run id: stable over attempts, continue-as-new and reset. */
  readonly executionKey: string;
  readonly step: string;
  readonly service: string;
  /** The contract's name of the activity, without suffix. */
  readonly activity: string;
  /** Temporal's attempt number, from 1. */
  readonly attempt: number;
  /** Read when the step ends: what the handler collected by then commits with the effect. */
  readonly outbox?: readonly OutboxRow[];
}

/** An attempt to cause the effect of a step. */
export interface ForwardRequest extends StepRequest {
  readonly input: Json;
  readonly access: Access;
  readonly roles: readonly string[];
  /** What the audit entry says; by default the activity's name and no detail. */
  readonly audit?: { readonly action: string; readonly detail: Json };
}

/** An attempt at an activity that has no effect: it may look or it may not, and leaves no trace. */
export type ReadRequest = Pick<ForwardRequest, 'principal' | 'service' | 'activity' | 'access' | 'roles'>;

/** An attempt to cause an effect in another system. */
export interface ExternalRequest extends ForwardRequest {
  /** How long this attempt may take; nobody else touches the step before that. Milliseconds. */
  readonly leaseMs: number;
}

/** An attempt to undo an effect in another system. */
export interface ExternalUndoRequest extends StepRequest {
  /** How long this attempt may take; no other undo calls before that. Milliseconds. */
  readonly leaseMs: number;
}

/** What the ledger stored of a step; `output` is undefined when nobody knows whether the call happened. */
export interface StoredStep {
  readonly input: Json;
  readonly output: Json | undefined;
}

/** How an effect in another system is undone. `key` is that of the forward call. */
export interface ExternalUndoEffect<Tx, P> {
  /** Runs in the transaction that closes the door for forward attempts. */
  prepare(tx: Tx, row: StoredStep, key: string): Promise<P>;
  /** Runs outside any transaction; again, with the same key, when nobody saw it end. */
  call(prepared: P, row: StoredStep, key: string): Promise<void>;
}

/** What the ledger knows of a pivot whose outcome nobody reported. */
export type Settlement = { readonly outcome: 'done'; readonly output: Json } | { readonly outcome: 'fenced' };

/**
 * The step ledger of one service: every effect commits in one transaction with its ledger row and its audit entry.
 * All methods throw `ApplicationFailure`s of `FAILURES`, or whatever the effect threw.
 */
export interface StepLedger<Tx> {
  /**
   * Causes the effect once; a repeated attempt gets the stored output and causes nothing.
   *
   * @throws StepConflict, StepFenced, StepBusy, TenantAccessDenied, TenantAccessUnknown, DatabaseError, DatabaseRefused
   */
  forward(request: ForwardRequest, effect: (tx: Tx) => Promise<Json>): Promise<Json>;
  /**
   * A call to another system, framed by two transactions: `started` with a lease before it, `done` after. An attempt
   * that finds `started` without a lease calls again with the same key.
   */
  external<P>(
    request: ExternalRequest,
    effect: {
      /** Runs in the transaction that writes the `started` row. */
      prepare(tx: Tx): Promise<P>;
      /** Runs outside any transaction. `key` is the same for every attempt of this step. */
      call(prepared: P, key: string): Promise<Json>;
    },
  ): Promise<Json>;
  /**
   * Applies what a call to another system gave, framed like {@link StepLedger.external}: `started` with a lease before
   * the call; the effect here, with its access check, in the transaction that writes `done`. An attempt that finds
   * `started` without a lease calls again: the call changes nothing there.
   */
  fetched<P, F>(
    request: ExternalRequest,
    effect: {
      /** Runs in the transaction that writes the `started` row. */
      prepare(tx: Tx): Promise<P>;
      /** Runs outside any transaction. */
      call(prepared: P): Promise<F>;
      apply(tx: Tx, fetched: F): Promise<Json>;
    },
  ): Promise<Json>;
  /**
   * Undoes what the ledger says was done, with the input and output it stored; fences the step when there is nothing.
   * `output` is undefined when an external call may or may not have happened.
   */
  undo(request: StepRequest, effect: (tx: Tx, row: StoredStep) => Promise<void>): Promise<void>;
  /**
   * Undoes a call to another system, framed like the call: a lease before it, `undone` after. From the lease on no
   * forward attempt may call. An attempt that finds an undo without a lease calls again, with the same key.
   *
   * @throws StepBusy while a forward attempt or another undo holds its lease
   */
  undoExternal<P>(request: ExternalUndoRequest, effect: ExternalUndoEffect<Tx, P>): Promise<void>;
  /** @throws PivotUnsettled when an external pivot has begun and nobody knows how it ended */
  settle(request: StepRequest): Promise<Settlement>;
  /**
   * A tenant transaction without a step, for activities without an effect; access is checked as for an effect.
   *
   * @throws TenantAccessDenied, TenantAccessUnknown, DatabaseError, DatabaseRefused
   */
  look<T>(request: ReadRequest, query: (tx: Tx) => Promise<T>): Promise<T>;
  /**
   * A tenant transaction without a step, for the reads of the API: whoever verified the principal has checked access.
   * With the methods above the only way to a table.
   */
  withTenant<T>(principal: Principal, query: (tx: Tx) => Promise<T>): Promise<T>;
}
