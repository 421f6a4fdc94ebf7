import type * as z from 'zod';
import { ApiError, DeadlineError, SchemaError } from '../errors.ts';
import type { NoLook } from '../ports.ts';
import { callAuthorized } from './authorized.ts';
import type { HttpClient } from './http.ts';
import type { TokenProvider } from './tokens.ts';

/**
 * What came of a look at a platform API: what was seen, a refusal or absence of this very operation, or no answer.
 *
 * @throws what is no answer of an API, such as a lease that has ended
 */
export async function lookAt<T>(operation: string, look: () => Promise<T>): Promise<T | NoLook> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof ApiError && error.operation === operation) {
      const { status } = error;
      if (status === 403 || status === 404) return { verdict: 'no', status };
    }
    if (error instanceof ApiError || error instanceof SchemaError || error instanceof DeadlineError)
      return { verdict: 'unknown', reason: error.message };
    throw error;
  }
}

/** Reads of one platform API below `base`, which may be sent again. */
export const readerOf =
  (http: HttpClient, tokens: TokenProvider, service: string, base: string) =>
  async <T>(operation: string, path: string, schema: z.ZodType<T>): Promise<T> => {
    const { value } = await callAuthorized<T>(http, tokens, {
      service,
      operation,
      method: 'GET',
      url: `${base}${path}`,
      headers: {},
      repeatable: true,
      schema,
    });
    return value;
  };
