import type { ActivityDefinition, Bound, Duration, In, Json, OperationProgress, Out, Wire } from '@adx/contract-kit';
import type { z } from 'zod';

/** What a process has before its first batch. */
export interface Opened {
  readonly total: number;
  /** Items whose outcome is known already, failed ones included. */
  readonly processed: number;
  readonly failed: number;
  /** Where each lane begins; lanes run in parallel. One lane is the usual case, none when there is nothing to do. */
  readonly lanes: readonly Json[];
}

/** What a batch did. Counts are of this batch alone. */
export interface BatchOutcome {
  /** Items whose outcome is known now, failed ones included. */
  readonly processed: number;
  readonly failed: number;
  /** Where the next batch of the lane begins; null at its end. The same whether the batch succeeds or is set aside. */
  readonly cursor: Json;
}

/** What came of the whole process, as the owner's database says. */
export interface Totals {
  readonly processed: number;
  readonly failed: number;
  /** How many there were in the end, when that could only be guessed at the opening. */
  readonly total?: number;
}

/** Where a batch begins and how many items it takes. */
export interface BatchPlace {
  readonly cursor: Json;
  readonly size: number;
}

/** How a process ends: all is done, or a person cancelled it. */
export type Ending = 'finished' | 'cancelled';

/** A retriable activity whose output has a certain shape. */
export type Answering<O> = ActivityDefinition<'retriable'> & Bound & { readonly output: z.ZodType<O> };

/** An activity, and its input made of what the process knows. */
export interface Plan<A extends ActivityDefinition, Known extends readonly unknown[]> {
  readonly activity: A;
  readonly input: (...known: Known) => In<A>;
}

/** A process in batches, as its author describes it. Items stay in their owner's database: here are only cursors. */
export interface LongRunningPlan<
  I extends Wire,
  O extends Wire,
  Open extends Answering<Opened>,
  Batch extends Answering<BatchOutcome>,
  SetAside extends Answering<BatchOutcome>,
  Close extends Answering<Totals> & { readonly output: O },
  Page extends ActivityDefinition<'readonly'> & Bound = never,
> {
  /** Finds out how much there is to do, and where the lanes begin. */
  readonly open: Plan<Open, [input: z.output<I>]>;
  /**
   * Of items that another service has: asks it for the next few, before each batch. Ids alone, as they are in the
   * history. A page that cannot be had ends the process, so give the activity as many attempts as it is to wait.
   */
  readonly page?: Plan<Page, [input: z.output<I>, place: BatchPlace]>;
  /** One activity execution, one ledger step, one transaction. An item that fails is recorded there, and fails nothing. */
  readonly batch: Plan<Batch, [input: z.output<I>, place: BatchPlace, page: Out<Page>]> & {
    /** Items of a batch; 10 by default. */
    readonly size?: number;
  };
  /**
   * Records the items of a batch that failed for good as failed. The batch may have committed all the same, or may
   * still do so: of the two, the one that commits first must win in the owner's database.
   */
  readonly setAside: Plan<SetAside, [input: z.output<I>, place: BatchPlace, why: string, page: Out<Page>]>;
  /** Closes the process in the owner's database, for late batches too; its output is the process's. Not cancellable. */
  readonly close: Plan<Close, [input: z.output<I>, ending: Ending]>;
  /** Tells how far it is, best effort: a notice that cannot be given fails nothing. Without one there is a log line. */
  readonly notice?: {
    /** Every 50 items by default. */
    readonly every?: { readonly items: number } | { readonly percent: number };
    readonly send?: Plan<ActivityDefinition<'retriable'> & Bound, [input: z.output<I>, progress: OperationProgress]>;
  };
  /** A breath for everybody else: 100 ms every 10 batches of a lane, or none. */
  readonly rest?: { readonly every: number; readonly for: Duration } | false;
  /** A run with this many history events goes on as a new one; 500 by default. */
  readonly eventsPerRun?: number;
}
