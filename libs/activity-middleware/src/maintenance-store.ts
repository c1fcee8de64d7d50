/** A row that does not fit to the others, or would not if its operation had ended. */
export interface Leftover {
  /** The same every time that it is looked for. */
  readonly subject: string;
  readonly says: string;
  /** Set: it is in order for as long as this operation is under way. */
  readonly operationId?: string;
}

/** How old what is removed has to be. Days. */
export interface RetentionAges {
  readonly ledgerDays: number;
  readonly stagingDays: number;
}

/** The rows of one service, of all its tenants, as far as their order is looked after. */
export interface MaintenanceStore {
  /** What can be left over. */
  readonly kinds: readonly string[];
  /**
   * What is left over of one kind; the first hundred.
   *
   * @param options.minutes how long it has been unfinished at least
   * @param options.subject only this one
   */
  leftovers(
    kind: string,
    options: { readonly minutes: number; readonly subject?: string },
  ): Promise<readonly Leftover[]>;
  /** Steps of these operations and activities whose effect is there. */
  effectsOf(
    operationIds: readonly string[],
    activities: readonly string[],
  ): Promise<readonly { readonly operationId: string; readonly steps: readonly string[] }[]>;
  /** Of operations that wait for a person: those of which one has decided to leave everything as it is. */
  skipped(operationIds: readonly string[]): Promise<ReadonlySet<string>>;
  /**
   * Removes what is old, some rows at a time.
   *
   * @param isOver which of these operations have ended so long ago, or are not known any more
   * @returns how many rows of what
   */
  retain(
    ages: RetentionAges,
    isOver: (operationIds: readonly string[]) => Promise<readonly string[]>,
  ): Promise<Readonly<Record<string, number>>>;
  close(): Promise<void>;
}
