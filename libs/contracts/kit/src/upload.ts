import type { Wire } from './wire.ts';

/**
 * A file for the owner of the data, streamed to the owner's worker over its internal port: what is too large for a
 * message. What happens with it then is a workflow's business.
 */
export interface UploadDefinition<I extends Wire = Wire, O extends Wire = Wire> {
  /** Roles that may upload: checked as for an effect, in every transaction of the upload. */
  readonly roles: readonly string[];
  /** What the body may be; anything else is refused before it is read. */
  readonly mediaTypes: readonly string[];
  /** What comes with the body. */
  readonly input: I;
  readonly output: O;
}

/** Declares an upload. It always belongs to the tenant of the caller's principal. Pure data. */
export function defineUpload<I extends Wire, O extends Wire>(definition: {
  readonly roles: readonly [string, ...string[]];
  readonly mediaTypes: readonly [string, ...string[]];
  readonly input: I;
  readonly output: O;
}): UploadDefinition<I, O> {
  return definition;
}
