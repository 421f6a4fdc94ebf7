import { minutes } from '../../../shared/domain/time.ts';
import type { Host } from '../host.ts';

/** How one identity stands against the strictest limit that counts its requests. */
export interface RateState {
  /** This request is one too many. */
  readonly refused: boolean;
  readonly limit: number;
  readonly windowMinutes: number;
  readonly remaining: number;
  /** Seconds until a request is free again, rounded up. */
  readonly resetSeconds: number;
}

/**
 * The two limits that CIS publishes: both count per user, whatever tool sends the requests. A refused request does not
 * count. @see https://cloud.ibm.com/docs/cis?topic=cis-known-issues
 */
export class RateLimits {
  readonly #host: Host;
  readonly #requests = new Map<string, number[]>();

  constructor(host: Host) {
    this.#host = host;
  }

  /** Counts a request. @returns undefined when no limit is set */
  count(iamId: string): RateState | undefined {
    const now = this.#host.now();
    const { perMinute, perFiveMinutes } = this.#host.settings.cis.rateLimits;
    const seen = (this.#requests.get(iamId) ?? []).filter((at) => at > now - minutes(5));
    const windows = [
      ...(perMinute === null ? [] : [windowState(seen, now, perMinute, 1)]),
      ...(perFiveMinutes === null ? [] : [windowState(seen, now, perFiveMinutes, 5)]),
    ];
    // Where both are used up, the one that lasts longer decides when a request is free again.
    const strictest = windows
      .toSorted((a, b) => a.remaining - b.remaining || b.resetSeconds - a.resetSeconds)
      .at(0);
    const refused = strictest?.remaining === 0;
    if (!refused) seen.push(now);
    this.#requests.set(iamId, seen);
    if (strictest === undefined) return undefined;
    return { ...strictest, refused, remaining: Math.max(0, strictest.remaining - 1) };
  }
}

function windowState(seen: readonly number[], now: number, limit: number, windowMinutes: number) {
  const windowMs = minutes(windowMinutes);
  const inWindow = seen.filter((at) => at > now - windowMs);
  const freeAt = (inWindow[0] ?? now) + windowMs;
  return {
    limit,
    windowMinutes,
    remaining: Math.max(0, limit - inWindow.length),
    resetSeconds: Math.ceil((freeAt - now) / 1_000),
  };
}
