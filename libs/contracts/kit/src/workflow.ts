import type { z } from 'zod';
import type { Wire } from './wire.ts';

/** The five shapes a durable process may have. */
export type Pattern = 'standard' | 'saga' | 'long-running' | 'event-driven' | 'resilient';

/**
 * Where the last part of the operation id comes from: `request` gives one operation per caller and Idempotency-Key;
 * a function gives a business key, for entities and singletons.
 */
export type Identity<I extends Wire> = 'request' | ((input: z.output<I>) => string);

/** A durable process that others start by contract. */
export interface WorkflowDefinition<P extends Pattern = Pattern, I extends Wire = Wire, O extends Wire = Wire> {
  readonly pattern: P;
  readonly input: I;
  readonly output: O;
  readonly identity: Identity<I>;
}

/** Any workflow; without `identity`, which is contravariant in its input and would refuse every concrete one. */
export type AnyWorkflowDefinition = Omit<WorkflowDefinition, 'identity'>;

/** Declares a durable process. Pure data. */
export function defineWorkflow<const P extends Pattern, I extends Wire, O extends Wire>(definition: {
  readonly pattern: P;
  readonly input: I;
  readonly output: O;
  readonly identity: 'request' | ((input: z.output<NoInfer<I>>) => string);
}): WorkflowDefinition<P, I, O> {
  return definition;
}
