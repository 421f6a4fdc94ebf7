import { days } from '../../../shared/domain/time.ts';
import type { Settings } from '../settings.ts';
import type { Credentials } from './credentials.ts';
import { WARNINGS } from './happenings.ts';
import { currentOf, expiryOf, lockCount, previousOf, type Secret, type Version } from './state.ts';

/** What the clock asks of Secrets Manager. */
export interface ClockworkDeeds {
  /** Rotates a secret whose interval is over; whether it can is looked at here. */
  rotate(secret: Secret, at: number): void;
  warn(secret: Secret, subKind: string, at: number): void;
  expirationBlocked(secret: Secret, at: number): void;
  /** Told again on every day that the secret stays. */
  expired(secret: Secret, at: number): void;
}

interface Due {
  readonly at: number;
  readonly happen: (at: number) => void;
}

/** What happens to a secret with time alone: rotations, ends of leases, expiry, and what is told of them. */
export class Clockwork {
  readonly #settings: Settings['secretsManager'];
  readonly #credentials: Credentials;
  readonly #deeds: ClockworkDeeds;

  constructor(settings: Settings['secretsManager'], credentials: Credentials, deeds: ClockworkDeeds) {
    this.#settings = settings;
    this.#credentials = credentials;
    this.#deeds = deeds;
  }

  /** Everything that was due until now happens, in its order and at its own time. */
  settle(secret: Secret, at: number): void {
    for (let due = this.#next(secret); due !== undefined && due.at <= at; due = this.#next(secret)) {
      // What a lock held back is due from before; it happens when the lock goes.
      secret.settledAt = Math.max(due.at, secret.settledAt);
      due.happen(secret.settledAt);
    }
    secret.settledAt = Math.max(at, secret.settledAt);
  }

  nextAt(secret: Secret): number {
    return this.#next(secret)?.at ?? Number.POSITIVE_INFINITY;
  }

  #next(secret: Secret): Due | undefined {
    if (secret.destroyedAt !== undefined) return this.#repeatedExpiry(secret, secret.destroyedAt);
    return [this.#warning(secret), this.#rotation(secret), this.#formerLease(secret), this.#end(secret)]
      .filter((due) => due !== undefined)
      .toSorted((a, b) => a.at - b.at)
      .at(0);
  }

  #repeatedExpiry(secret: Secret, destroyedAt: number): Due {
    const at = nextDaily(destroyedAt, secret.settledAt);
    return { at, happen: (now) => this.#deeds.expired(secret, now) };
  }

  #warning(secret: Secret): Due | undefined {
    const expiresAt = expiryOf(secret);
    if (expiresAt === undefined || isPaused(secret) || secret.lease?.reuse === false) return undefined;
    return WARNINGS.map(([ahead, subKind]) => ({
      at: expiresAt - days(ahead),
      happen: (now: number) => this.#deeds.warn(secret, subKind, now),
    })).find((due) => due.at > secret.settledAt);
  }

  #rotation(secret: Secret): Due | undefined {
    const at = secret.rotationRetryAt ?? secret.nextRotationAt;
    if (at === undefined || isPaused(secret)) return undefined;
    return { at, happen: (now) => this.#deeds.rotate(secret, now) };
  }

  /** The first end of a key that a version before the current one was made with. */
  #formerLease(secret: Secret): Due | undefined {
    const current = currentOf(secret);
    return (
      secret.versions
        .filter(({ credential }) => credential !== undefined && credential !== current?.credential)
        // After a restore two versions share a key; the later one holds it.
        .filter(
          (version) => version === secret.versions.findLast((one) => one.credential === version.credential),
        )
        .filter((version) => this.#canEnd(version))
        .map((version) => ({
          at: version.credential?.endsAt ?? 0,
          happen: (now: number) => this.#endFormer(secret, version, now),
        }))
        .toSorted((a, b) => a.at - b.at)
        .at(0)
    );
  }

  #canEnd({ credential, payload, locks }: Version): boolean {
    if (credential?.endedAt !== undefined) return payload !== undefined && locks.size === 0;
    return this.#settings.lockedLeaseEnd === 'delete' || locks.size === 0;
  }

  #endFormer(secret: Secret, version: Version, at: number): void {
    this.#credentials.end(version.credential, at);
    // A lock protects the stored copy, whatever became of the key.
    if (version === previousOf(secret) && version.locks.size > 0) return;
    version.payload = undefined;
  }

  /** The end of the secret, or of the key of one that makes another at the next read. */
  #end(secret: Secret): Due | undefined {
    const [current, at] = [currentOf(secret), endOf(secret)];
    if (at === undefined || isPaused(secret)) return undefined;
    if (lockCount(secret) > 0)
      return {
        at: nextDaily(at, secret.settledAt),
        happen: (now) => this.#deeds.expirationBlocked(secret, now),
      };
    if (secret.lease?.reuse === false) {
      if (current === undefined || current.credential?.endedAt !== undefined) return undefined;
      return {
        at,
        happen: (now) => {
          this.#credentials.end(current.credential, now);
          current.payload = undefined;
        },
      };
    }
    return { at, happen: (now) => this.#destroy(secret, now) };
  }

  /** Every version goes with it. */
  #destroy(secret: Secret, at: number): void {
    secret.destroyedAt = at;
    for (const version of secret.versions) {
      version.payload = undefined;
      this.#credentials.end(version.credential, at);
    }
    this.#deeds.expired(secret, at);
  }
}

/** A world keeps the secret in a state in which nothing happens to it. */
const isPaused = (secret: Secret): boolean => secret.heldState !== undefined;

/** When the service gets round to ending a secret, a little after its expiry. */
function endOf(secret: Secret): number | undefined {
  if (secret.lease !== undefined) return currentOf(secret)?.credential?.endsAt;
  return secret.expiresAt === undefined ? undefined : secret.expiresAt + secret.expiryLagMs;
}

/** The first of an instant and those whole days later that is after another. */
const nextDaily = (first: number, after: number): number =>
  first > after ? first : first + days(Math.floor((after - first) / days(1)) + 1);
