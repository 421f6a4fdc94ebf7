import * as z from 'zod';
import type { ApiKey } from '../domain/keys.ts';
import { Secret } from '../domain/secret.ts';
import { formatInstant } from '../domain/time.ts';
import { ApiError, SchemaError } from '../errors.ts';
import type { IamPort, NewApiKey, TokenVerdict } from '../ports.ts';
import { callAuthorized } from './authorized.ts';
import type { Call, HttpClient } from './http.ts';
import { readClaims } from './jwt.ts';
import { apiKeyGrant, formHeaders, TokenAnswer, type TokenProvider } from './tokens.ts';
import { instant } from './wire.ts';

const Key = z.lazy(() =>
  z
    .object({
      id: z.string(),
      name: z.string(),
      iam_id: z.string(),
      account_id: z.string(),
      created_at: instant,
      // Absent, null or empty when the key never expires.
      expires_at: z.union([instant, z.literal('').transform(() => undefined)]).nullish(),
      locked: z.boolean().default(false),
      disabled: z.boolean().default(false),
      activity: z
        .object({ last_authn: z.union([instant, z.literal('').transform(() => undefined)]).nullish() })
        .nullish(),
    })
    .transform(
      (wire): ApiKey => ({
        id: wire.id,
        name: wire.name,
        iamId: wire.iam_id,
        accountId: wire.account_id,
        createdAt: wire.created_at,
        locked: wire.locked,
        disabled: wire.disabled,
        ...(wire.expires_at == null ? {} : { expiresAt: wire.expires_at }),
        ...(wire.activity?.last_authn == null ? {} : { lastAuthnAt: wire.activity.last_authn }),
      }),
    ),
);
const KeyList = z.lazy(() => z.object({ apikeys: z.array(Key), next: z.string().nullish() }));

/** Twenty keys are the default quota; a list of this many pages is no list. */
const MOST_PAGES = 100;

/** IAM identity of one account. @see https://cloud.ibm.com/apidocs/iam-identity-token-api */
export function createIam(http: HttpClient, tokens: TokenProvider, url: string): IamPort {
  const call = <T>(operation: string, method: Call<T>['method'], path: string, more: Partial<Call<T>> = {}) =>
    callAuthorized<T>(http, tokens, {
      service: 'iam',
      operation,
      method,
      url: `${url}${path}`,
      headers: {},
      repeatable: true,
      ...more,
    });
  const keyPath = (id: string): string => `/v1/apikeys/${encodeURIComponent(id)}`;
  return {
    async listApiKeys({ accountId, iamId, anyType = false }) {
      const keys: ApiKey[] = [];
      let pageToken: string | undefined;
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const query = new URLSearchParams({
          account_id: accountId,
          iam_id: iamId,
          ...(anyType ? {} : { type: 'serviceid' }),
          pagesize: '100',
        });
        if (pageToken !== undefined) query.set('pagetoken', pageToken);
        const { value } = await call('listApiKeys', 'GET', `/v1/apikeys?${query.toString()}`, {
          schema: KeyList,
        });
        keys.push(...value.apikeys);
        pageToken = pageTokenOf(value.next);
        if (pageToken === undefined) return keys;
      }
      throw new SchemaError('iam', 'listApiKeys', `more than ${MOST_PAGES} pages`);
    },
    getApiKey: (id, options) => {
      const query = options?.activity === true ? '?include_activity=true' : '';
      return orUndefined(call('getApiKey', 'GET', `${keyPath(id)}${query}`, { schema: Key }));
    },
    findApiKey: (value) =>
      orUndefined(
        call('getApiKeyDetails', 'GET', '/v1/apikeys/details', {
          schema: Key,
          headers: { 'iam-apikey': value.reveal() },
        }),
      ),
    async createApiKey(key) {
      const { value } = await call('createApiKey', 'POST', '/v1/apikeys', {
        headers: { 'content-type': 'application/json', 'entity-disable': 'true' },
        body: JSON.stringify(createBody(key)),
        repeatable: false,
        schema: z.intersection(
          Key,
          z.object({
            apikey: z
              .string()
              .min(1)
              .transform((text) => new Secret(text)),
          }),
        ),
      });
      const { apikey, ...created } = value;
      return { key: created, value: apikey };
    },
    async enableApiKey(id) {
      await call('enableApiKey', 'DELETE', `${keyPath(id)}/disable`);
    },
    async disableApiKey(id) {
      await call('disableApiKey', 'POST', `${keyPath(id)}/disable`);
    },
    async unlockApiKey(id) {
      await call('unlockApiKey', 'DELETE', `${keyPath(id)}/lock`);
    },
    async deleteApiKey(id) {
      await orUndefined(call('deleteApiKey', 'DELETE', keyPath(id)));
    },
    mintToken: (value) => mintToken(http, url, value),
  };
}

const createBody = (key: NewApiKey) => ({
  name: key.name,
  description: key.description,
  iam_id: key.iamId,
  account_id: key.accountId,
  store_value: false,
  action_when_leaked: 'disable',
  // IAM documents minutes and an offset without a colon.
  expires_at: `${formatInstant(key.expiresAt).slice(0, 16)}+0000`,
});

async function orUndefined<T>(answer: Promise<{ readonly value: T }>): Promise<T | undefined> {
  try {
    return (await answer).value;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

/** `next` is a whole URL; only its token is used, because its host need not be the one that is configured. */
function pageTokenOf(next: string | null | undefined): string | undefined {
  if (next == null || !URL.canParse(next)) return undefined;
  return new URL(next).searchParams.get('pagetoken') ?? undefined;
}

/** A 4xx is IAM's normal answer to a dead key; anything that is not about the key teaches nothing. */
async function mintToken(http: HttpClient, url: string, value: Secret): Promise<TokenVerdict> {
  try {
    const answer = await http.call({
      service: 'iam',
      operation: 'grantToken',
      method: 'POST',
      url: `${url}/identity/token`,
      headers: formHeaders,
      body: new URLSearchParams(apiKeyGrant(value)).toString(),
      repeatable: true,
      schema: TokenAnswer,
    });
    const claims = readClaims(answer.value.access_token);
    if (claims === undefined) return { verdict: 'unknown', reason: 'IAM gave a token that cannot be read' };
    const expiresAt = answer.value.expiration * 1_000;
    return { verdict: 'yes', token: new Secret(answer.value.access_token), ...claims, expiresAt };
  } catch (error) {
    if (error instanceof SchemaError) return { verdict: 'unknown', reason: error.message };
    if (!(error instanceof ApiError)) throw error;
    const { status, code } = error;
    const aboutTheKey =
      status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429;
    if (aboutTheKey && code !== undefined) return { verdict: 'no', code };
    return { verdict: 'unknown', reason: error.message };
  }
}
