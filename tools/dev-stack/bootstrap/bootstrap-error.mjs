/** A failure the reader can do something about: its message names the offender and the remedy, so no stack is shown. */
export class BootstrapError extends Error {
  name = 'BootstrapError';
}
