import type { Secret } from '../domain/secret.ts';
import type { HttpResponse } from '../ports.ts';
import type { TokenProvider } from './tokens.ts';

/**
 * The tokens of one account for COS. What it refuses is asked once more with a fresh token: whether an ended token is answered 401 or 403 is not documented.
 * One fresh token a run is enough to tell a right that is missing from a token that has ended.
 */
export class CosAccess {
  readonly #tokens: TokenProvider;
  #fresh: Promise<Secret> | undefined;

  constructor(tokens: TokenProvider) {
    this.#tokens = tokens;
  }

  /** @param send - sends with this `Authorization` value */
  async send(send: (authorization: string) => Promise<HttpResponse>): Promise<HttpResponse> {
    const first = bearer(await this.#tokens.token());
    const answer = await send(first);
    if (answer.status !== 401 && answer.status !== 403) return answer;
    this.#fresh ??= this.#renew();
    const fresh = bearer(await this.#fresh);
    return fresh === first ? answer : send(fresh);
  }

  #renew(): Promise<Secret> {
    this.#tokens.invalidate();
    return this.#tokens.token();
  }
}

const bearer = (token: Secret): string => `Bearer ${token.reveal()}`;
