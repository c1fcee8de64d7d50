import type { ActivityDefinition } from './activity.ts';
import { findFaults } from './contract-faults.ts';
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
  U extends Record<string, UploadDefinition> = Record<string, UploadDefinition>,
> {
  readonly service: string;
  readonly taskQueue: string;
  readonly activities: BoundAll<A>;
  readonly workflows: BoundAll<W>;
  readonly reads: BoundAll<R>;
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
 * Puts activities, workflows, reads and uploads together under their owner.
 *
 * @throws ContractDefinitionError with all faults, each naming the offender, the rule and the fix
 */
export function defineContract<
  A extends Record<string, ActivityDefinition>,
  W extends Record<string, AnyWorkflowDefinition> = Record<never, AnyWorkflowDefinition>,
  R extends Record<string, ReadDefinition> = Record<never, ReadDefinition>,
  U extends Record<string, UploadDefinition> = Record<never, UploadDefinition>,
>(definition: {
  readonly service: string;
  readonly taskQueue: string;
  readonly activities: A;
  readonly workflows?: W;
  readonly reads?: R;
  readonly uploads?: U;
}): Contract<A, W, R, U> {
  const { service, taskQueue, activities, workflows = {} as W, reads = {} as R, uploads = {} as U } = definition;
  const faults = findFaults({ service, taskQueue, activities, workflows, reads, uploads });
  if (faults.length > 0) throw new ContractDefinitionError(service, faults);
  const bind = <D extends object>(definitions: D): BoundAll<D> =>
    Object.fromEntries(
      Object.entries(definitions).map(([name, one]) => [name, { ...(one as object), name, service, taskQueue }]),
    ) as BoundAll<D>;
  return {
    service,
    taskQueue,
    activities: bind(activities),
    workflows: bind(workflows),
    reads: bind(reads),
    uploads: bind(uploads),
  };
}
