/** It cannot be told what is to be there, or what is: nothing was changed. */
export class UnclearError extends Error {
  override readonly name = 'UnclearError';
}
