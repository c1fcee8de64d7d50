import type { ErrorSchemas } from './activity.ts';
import type { Wire } from './wire.ts';

/** A query of the owner's data, served by the owner's worker over its internal port. */
export interface ReadDefinition<I extends Wire = Wire, O extends Wire = Wire, E extends ErrorSchemas = ErrorSchemas> {
  readonly input: I;
  readonly output: O;
  readonly errors: E;
}

/** Declares a read. It always runs for the tenant of the caller's principal; there is no way to ask for another. */
export function defineRead<I extends Wire, O extends Wire, E extends ErrorSchemas = Record<never, Wire>>(definition: {
  readonly input: I;
  readonly output: O;
  readonly errors?: E;
}): ReadDefinition<I, O, NoInfer<E>> {
  return { input: definition.input, output: definition.output, errors: definition.errors ?? ({} as E) };
}
