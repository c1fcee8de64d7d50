/**
 * An author's mistake that the types cannot catch: a second pivot, a step after it, an answer nobody waited for.
 * A plain error on purpose: it fails the workflow task, not the saga, which waits as it is for a fixed build.
 */
export class SagaMisuse extends Error {
  override readonly name = 'SagaMisuse';
}
