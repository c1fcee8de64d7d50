/** A part of the machine could not be had, started or stopped. The message names the part, the reason and the remedy. */
export class LocalPartError extends Error {
  override readonly name = 'LocalPartError';
}
