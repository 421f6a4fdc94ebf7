import type * as z from 'zod';
import { callAuthorized } from '../../../shared/clients/authorized.ts';
import type { Pace } from '../../../shared/clients/budget.ts';
import type { Answer, Call, HttpClient } from '../../../shared/clients/http.ts';
import type { TokenProvider } from '../../../shared/clients/tokens.ts';
import { ApiError } from '../../../shared/errors.ts';

/** One call below the base of an API. */
interface RestCall<T> {
  readonly operation: string;
  readonly method: Call<T>['method'];
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly schema?: z.ZodType<T>;
}

export type Rest = <T = undefined>(call: RestCall<T>) => Promise<Answer<T>>;

/**
 * Calls of one JSON API with one account's token. Only a POST is never sent twice after an unclear answer: the others carry the tag
 * that they depend on, or end the same however often they are sent.
 */
export const restOf =
  (options: {
    readonly http: HttpClient;
    readonly tokens: TokenProvider;
    readonly service: string;
    readonly base: string;
    readonly budget?: Pace;
    readonly authHeaders?: readonly string[];
    readonly isRefusal?: (json: unknown) => boolean;
  }): Rest =>
  ({ operation, method, path, body, headers = {}, schema }) => {
    const { http, tokens, service, base, budget, authHeaders, isRefusal } = options;
    return callAuthorized(
      http,
      tokens,
      {
        service,
        operation,
        method,
        url: `${base}${path}`,
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        repeatable: method !== 'POST',
        ...(schema === undefined ? {} : { schema }),
        ...(budget === undefined ? {} : { budget }),
        ...(isRefusal === undefined ? {} : { isRefusal }),
      },
      authHeaders,
    );
  };

/** @returns undefined for a 404 */
export async function unlessMissing<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

/** Whether somebody else was faster, or it is there already: read again, then decide anew. */
export const isConflict = (error: unknown): boolean =>
  error instanceof ApiError && [409, 412, 428].includes(error.status ?? 0);
