import { seconds } from '../../../shared/domain/time.ts';
import type { Host } from '../host.ts';

/** How long something is so; open at its end while it still is. */
interface Span {
  readonly since: number;
  until?: number;
}

/**
 * When a change of access acts: what the world begins with acts at once, every later grant or removal as late as the world's
 * `policyDelaySeconds` says, for IAM is replicated and eventually consistent.
 */
export class Propagation {
  readonly #host: Host;
  readonly #startedAt: number;

  constructor(host: Host) {
    this.#host = host;
    this.#startedAt = host.now();
  }

  acts({ since, until }: Span, at: number): boolean {
    const delayMs = seconds(this.#host.settings.iam.policyDelaySeconds);
    if (since > this.#startedAt && at < since + delayMs) return false;
    return until === undefined || at < until + delayMs;
  }
}
