import { ApiError } from '../errors.ts';
import type { Answer, Call, HttpClient } from './http.ts';
import type { TokenProvider } from './tokens.ts';

/** A call that carries the account's token; a 401 gets one try with a fresh one. */
export async function callAuthorized<T>(
  http: HttpClient,
  tokens: TokenProvider,
  call: Call<T>,
  authHeaders: readonly string[] = ['authorization'],
): Promise<Answer<T>> {
  const once = async (): Promise<Answer<T>> => {
    const bearer = `Bearer ${(await tokens.token()).reveal()}`;
    const auth = Object.fromEntries(authHeaders.map((name) => [name, bearer]));
    return http.call({ ...call, headers: { accept: 'application/json', ...call.headers, ...auth } });
  };
  try {
    return await once();
  } catch (error) {
    if (!(error instanceof ApiError) || error.operation !== call.operation) throw error;
    if (error.status === 403) throw refusedTo(tokens.account, error);
    if (error.status !== 401) throw error;
    tokens.invalidate();
    return once();
  }
}

/** Which account lacks the right: the answer does not say it. */
function refusedTo(account: string, error: ApiError): ApiError {
  const { service, operation, status, code, requestId, effect } = error;
  const reason = `${error.reason} (with the credentials of account "${account}")`;
  const optional = {
    ...(status === undefined ? {} : { status }),
    ...(code === undefined ? {} : { code }),
    ...(requestId === undefined ? {} : { requestId }),
  };
  return new ApiError({ service, operation, effect, reason, ...optional }, { cause: error });
}
