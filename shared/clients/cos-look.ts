import { ApiError, DeadlineError, SchemaError } from '../errors.ts';

/** What came of a look: a refusal, an absence, or no answer at all. */
export async function looked<T>(
  operation: string,
  look: () => Promise<T>,
): Promise<
  | T
  | { readonly verdict: 'no'; readonly status: number }
  | { readonly verdict: 'unknown'; readonly reason: string }
> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof ApiError || error instanceof SchemaError || error instanceof DeadlineError)
      return { verdict: 'unknown', reason: error.message };
    const status = statusOf(error);
    if (status === 403 || status === 404) return { verdict: 'no', status };
    const what = status === undefined ? 'the answer could not be read' : `status ${status}`;
    return { verdict: 'unknown', reason: `cos ${operation}: ${what}` };
  }
}

/** The status of an answer that the SDK throws; undefined for anything else. */
export const statusOf = (error: unknown): number | undefined =>
  typeof error === 'object' && error !== null && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined;

/** The code of an answer that the SDK throws; undefined where it has none, or makes one up from the status. */
export const codeOf = (error: unknown): string | undefined =>
  typeof error === 'object' &&
  error !== null &&
  'code' in error &&
  /^[A-Za-z]{1,60}$/.test(String(error.code))
    ? String(error.code)
    : undefined;
