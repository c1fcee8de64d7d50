import type { ActivityDefinition } from './activity.ts';
import { findFaults } from './contract-faults.ts';
import type { EventDefinition } from './event.ts';
import type { ReadDefinition } from './read.ts';
import type { UploadDefinition } from './upload.ts';
import type { AnyWorkflowDefinition } from './workflow.ts';

/** What a definition learns when it enters a contract: who owns it and where it runs. */
export interface Bound<N extends string = string> {
  readonly name: N;
  readonly service: string;
  readonly taskQueue: string;
}

type BoundAll<D> = { readonly [K in keyof D]: D[K] & Bound<K & string> };

/** The public face of one service: everything another team may use of it, and nothing else. */
export interface Contract<
  A extends Record<string, ActivityDefinition> = Record<string, ActivityDefinition>,
  W extends Record<string, AnyWorkflowDefinition> = Record<string, AnyWorkflowDefinition>,
  R extends Record<string, ReadDefinition> = Record<string, ReadDefinition>,
  E extends Record<string, EventDefinition> = Record<string, EventDefinition>,
  U extends Record<string, UploadDefinition> = Record<string, UploadDefinition>,
> {
  readonly service: string;
  readonly taskQueue: string;
  readonly activities: BoundAll<A>;
  readonly workflows: BoundAll<W>;
  readonly reads: BoundAll<R>;
  /** What it tells others. */
  readonly events: BoundAll<E>;
  readonly uploads: BoundAll<U>;
}

/** Thrown by {@link defineContract}; lists every fault at once. */
export class ContractDefinitionError extends Error {
  override readonly name = 'ContractDefinitionError';
  readonly faults: readonly string[];

  constructor(service: string, faults: readonly string[]) {
    super(`the contract of "${service}" has ${faults.length} fault(s):\n${faults.map((f) => `  - ${f}`).join('\n')}`);
    this.faults = faults;
  }
}

/**
 * Puts activities, workflows, reads, events and uploads together under their owner.
 *
 * @throws ContractDefinitionError with all faults, each naming the offender, the rule and the fix
 */
export function defineContract<
  A extends Record<string, ActivityDefinition>,
  W extends Record<string, AnyWorkflowDefinition> = Record<never, AnyWorkflowDefinition>,
  R extends Record<string, ReadDefinition> = Record<never, ReadDefinition>,
  E extends Record<string, EventDefinition> = Record<never, EventDefinition>,
  U extends Record<string, UploadDefinition> = Record<never, UploadDefinition>,
>(definition: {
  readonly service: string;
  readonly taskQueue: string;
  readonly activities: A;
  readonly workflows?: W;
  readonly reads?: R;
  readonly events?: E;
  readonly uploads?: U;
}): Contract<A, W, R, E, U> {
  const { service, taskQueue, activities } = definition;
  const { workflows = {} as W, reads = {} as R, events = {} as E, uploads = {} as U } = definition;
  const faults = findFaults({ service, taskQueue, activities, workflows, reads, events, uploads });
  if (faults.length > 0) throw new ContractDefinitionError(service, faults);
  const bind = <D extends object>(definitions: D): BoundAll<D> =>
    Object.fromEntries(
      Object.entries(definitions).map(([name, one]) => [name, { ...(one as object), name, service, taskQueue }]),
    ) as BoundAll<D>;
  return {
    service,
    taskQueue,
    activities: bind(activities),
    workflows: bindUndo(bind(workflows)),
    reads: bind(reads),
    events: bind(events),
    uploads: bind(uploads),
  };

  /** A saga that undoes another one is named by its definition: from here on that says where it runs, too. */
  function bindUndo(bound: BoundAll<W>): BoundAll<W> {
    const nameOf = (one: unknown) => Object.keys(workflows).find((name) => workflows[name] === one);
    return Object.fromEntries(
      Object.entries<AnyWorkflowDefinition>(bound).map(([name, one]) => {
        const undoneBy = nameOf(one.undoneBy);
        return [name, undoneBy === undefined ? one : { ...one, undoneBy: bound[undoneBy] }];
      }),
    ) as unknown as BoundAll<W>;
  }
}
