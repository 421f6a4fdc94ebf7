import { days } from '../../../shared/domain/time.ts';
import type { CosForEngine, Host } from '../host.ts';
import { addressOf } from '../logpush/addresses.ts';
import { LOGPUSH_IDENTITY } from '../logpush/deliver.ts';
import { objectFolder } from '../logpush/object-name.ts';
import type { LegacyDestination } from './destination.ts';

interface Challenge {
  readonly zoneId: string;
  readonly place: string;
  readonly endsAt: number;
}

/** A challenge is good for a week. */
const LIFE_MS = days(7);

/** What a challenge is bound to, beside its zone: the bucket and the path. */
const placeOf = ({ instanceId, region, bucket }: LegacyDestination): string =>
  [instanceId, region, bucket.name, bucket.path].join(' ');

/**
 * Ownership challenges: whoever can read the file that CIS writes into a bucket may have jobs push there without a key of
 * their own. Needless since March 2026. @see https://cloud.ibm.com/apidocs/cis
 */
export class Ownership {
  readonly #host: Host;
  readonly #cos: CosForEngine | undefined;
  readonly #challenges = new Map<string, Challenge>();

  constructor(host: Host, cos: CosForEngine | undefined) {
    this.#host = host;
    this.#cos = cos;
  }

  /** Writes the token file below the path. `valid` is false when IBM's own identity may not write there. */
  challenge(
    zoneId: string,
    destination: LegacyDestination,
  ): { readonly filename: string; readonly valid: boolean } {
    const { random } = this.#host;
    const now = this.#host.now();
    const folder = objectFolder({ ...destination.bucket, dailySubfolder: false }, now);
    const filename = `${folder}ownership-challenge-${random.hex(8)}.txt`;
    const token = `eyJ${random.hex(40)}.${random.hex(40)}.${random.hex(40)}`;
    const write = { key: filename, body: token };
    const { region, bucket } = destination;
    const answer = this.#cos?.push(region, bucket.name, LOGPUSH_IDENTITY, write, addressOf(0, now), now);
    if (answer?.status !== 200) return { filename, valid: false };
    this.#challenges.set(token, { zoneId, place: placeOf(destination), endsAt: now + LIFE_MS });
    return { filename, valid: true };
  }

  isProven(zoneId: string, destination: LegacyDestination, token: string | undefined): boolean {
    const challenge = token === undefined ? undefined : this.#challenges.get(token.trim());
    return (
      challenge?.zoneId === zoneId &&
      challenge.place === placeOf(destination) &&
      this.#host.now() < challenge.endsAt
    );
  }

  secretValues(): readonly string[] {
    return [...this.#challenges.keys()];
  }
}
