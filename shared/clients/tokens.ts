// The small build of zod: logging in is part of the webhook, whose code may have 75 KB.
import * as z from 'zod/mini';
import { Secret } from '../domain/secret.ts';
import { seconds } from '../domain/time.ts';
import { ApiError } from '../errors.ts';
import type { Clock } from '../ports.ts';
import type { HttpClient } from './http.ts';

/**
 * Where Code Engine mounts the token of a compute resource.
 *
 * @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-trusted-profiles
 */
export const TOKEN_FILE = '/var/run/secrets/codeengine.cloud.ibm.com/compute-resource-token/token';

/** How the keeper logs in to an account. */
export type Credential =
  | { readonly kind: 'api-key'; readonly apiKey: Secret }
  /** `tokenFile` is an absolute path; the platform renews its content, so it is read at each login. */
  | { readonly kind: 'trusted-profile'; readonly profileId: string; readonly tokenFile: string }
  /** Not at all, and why. */
  | { readonly kind: 'none'; readonly reason: string };

/** Answer of the token endpoint. `expiration` is in epoch seconds. */
export const TokenAnswer = z.object({
  access_token: z.string(),
  expires_in: z.number(),
  expiration: z.number(),
});

/** The fields of IAM's API key grant. @see https://cloud.ibm.com/apidocs/iam-identity-token-api#gettoken-apikey */
export const apiKeyGrant = (apiKey: Secret): Readonly<Record<string, string>> => ({
  grant_type: 'urn:ibm:params:oauth:grant-type:apikey',
  apikey: apiKey.reveal(),
  response_type: 'cloud_iam',
});

export const formHeaders = {
  'content-type': 'application/x-www-form-urlencoded',
  accept: 'application/json',
} as const;

/** Tokens of one account, on the run's clock: cached until 80 % of their life, one request in flight. */
export class TokenProvider {
  readonly #http: HttpClient;
  readonly #clock: Clock;
  readonly #iamUrl: string;
  /** Its name in `keeper.yml`, for messages. */
  readonly account: string;
  readonly #credential: Credential;
  readonly #readFile: (path: string) => string;
  #cached: { readonly token: Secret; readonly renewAt: number } | undefined;
  #pending: Promise<Secret> | undefined;

  constructor(options: {
    readonly http: HttpClient;
    readonly clock: Clock;
    readonly iamUrl: string;
    readonly account: string;
    readonly credential: Credential;
    readonly readFile: (path: string) => string;
  }) {
    this.#http = options.http;
    this.#clock = options.clock;
    this.#iamUrl = options.iamUrl;
    this.account = options.account;
    this.#credential = options.credential;
    this.#readFile = options.readFile;
  }

  /** @throws {ApiError} when IAM refuses the account's credentials, naming the account */
  async token(): Promise<Secret> {
    if (this.#cached !== undefined && this.#clock.now() < this.#cached.renewAt) return this.#cached.token;
    this.#pending ??= this.#request().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  /** Forgets the token: the service refused it. */
  invalidate(): void {
    this.#cached = undefined;
  }

  async #request(): Promise<Secret> {
    const requestedAt = this.#clock.now();
    try {
      const { value } = await this.#http.call({
        service: 'iam',
        operation: 'grantToken',
        method: 'POST',
        url: `${this.#iamUrl}/identity/token`,
        headers: formHeaders,
        body: new URLSearchParams(this.#grant()).toString(),
        // A second token does no harm.
        repeatable: true,
        schema: TokenAnswer,
      });
      const token = new Secret(value.access_token);
      this.#cached = { token, renewAt: requestedAt + seconds(value.expires_in) * 0.8 };
      return token;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status === undefined || error.status >= 429) throw error;
      const { service, operation, status, code, requestId, effect } = error;
      throw new ApiError({
        service,
        operation,
        status,
        effect,
        reason: `IAM does not accept the credentials of account "${this.account}"`,
        ...(code === undefined ? {} : { code }),
        ...(requestId === undefined ? {} : { requestId }),
      });
    }
  }

  #grant(): Record<string, string> {
    if (this.#credential.kind === 'api-key') return apiKeyGrant(this.#credential.apiKey);
    if (this.#credential.kind === 'none')
      throw this.#cannot(`account "${this.account}" has no credential: ${this.#credential.reason}`);
    let crToken: string;
    try {
      // Read anew each time: the platform rotates the file.
      crToken = this.#readFile(this.#credential.tokenFile).trim();
    } catch {
      throw this.#cannot(
        `the token file of account "${this.account}" cannot be read: ${this.#credential.tokenFile}`,
      );
    }
    return {
      grant_type: 'urn:ibm:params:oauth:grant-type:cr-token',
      cr_token: crToken,
      profile_id: this.#credential.profileId,
    };
  }

  /** Nothing was sent. */
  #cannot(reason: string): ApiError {
    return new ApiError({ service: 'iam', operation: 'grantToken', effect: 'none', reason });
  }
}
