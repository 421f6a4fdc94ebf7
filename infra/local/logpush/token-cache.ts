import { minutes } from '../../../shared/domain/time.ts';
import type { Host, IamForServices } from '../host.ts';

/**
 * The tokens of one job's keys. The pusher keeps a token while the world lets it, so that pushes go on for a while
 * after a key has ended. @see https://cloud.ibm.com/docs/account?topic=account-iamtoken_from_apikey
 */
export class TokenCache {
  readonly #host: Host;
  readonly #iam: IamForServices;
  readonly #tokens = new Map<string, { readonly token: string; readonly until: number }>();

  constructor(host: Host, iam: IamForServices) {
    this.#host = host;
    this.#iam = iam;
  }

  /** A token of a key: the one it has, or a new one once that has ended. */
  get(
    apiKey: string,
    at: number,
  ): { readonly ok: true; readonly token: string } | { readonly ok: false; readonly code: string } {
    const kept = this.#tokens.get(apiKey);
    if (kept !== undefined && at < kept.until) return { ok: true, token: kept.token };
    this.#tokens.delete(apiKey);
    const granted = this.#iam.grantToken(apiKey, at);
    if (!granted.ok) return { ok: false, code: granted.code };
    const cacheMs = minutes(this.#host.settings.logpush.tokenCacheMinutes);
    this.#tokens.set(apiKey, { token: granted.token, until: Math.min(granted.expiresAt, at + cacheMs) });
    return { ok: true, token: granted.token };
  }
}
