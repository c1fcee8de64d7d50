/**
 * An author's mistake that the types cannot catch: another name, a cursor that does not fit. A plain error on purpose:
 * it fails the workflow task, not the process, which waits as it is for a fixed build.
 */
export class LongRunningMisuse extends Error {
  override readonly name = 'LongRunningMisuse';
}
