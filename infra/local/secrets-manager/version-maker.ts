import type { SeededRandom } from '../random.ts';
import type { Credentials } from './credentials.ts';
import { invalid, notSimulated } from './errors.ts';
import type { Lease } from './lease.ts';
import type { NewVersion } from './metadata.ts';
import { aliasOf, findVersion, type Secret, type Version } from './state.ts';
import { type Payload, textsIn } from './types.ts';

/** Who makes a version, for whom, and when. */
export interface Making {
  readonly accountId: string;
  readonly by: string;
  readonly at: number;
  readonly autoRotated?: boolean;
}

/** Makes versions, with a key of their own where the type wants one, and remembers every value. */
export class VersionMaker {
  readonly #random: SeededRandom;
  readonly #credentials: Credentials;
  readonly #texts = new Set<string>();

  constructor(random: SeededRandom, credentials: Credentials) {
    this.#random = random;
    this.#credentials = credentials;
  }

  /** Every text ever held as a value or in one. */
  get texts(): readonly string[] {
    return [...this.#texts];
  }

  /** A version with the value that is wanted, or with a new key; undefined where IAM makes none. */
  make(
    secret: { readonly name: string; readonly lease?: Lease | undefined },
    wanted: NewVersion,
    making: Making,
  ): Version | undefined {
    if (secret.lease === undefined) return this.#version(wanted.payload, undefined, wanted, making);
    const minted = this.#credentials.mint(secret.name, secret.lease, making.accountId, making.at);
    return minted && this.#version(minted.apiKey, minted.credential, wanted, making);
  }

  /**
   * A version with the credential of the previous one.
   *
   * @throws {Denied} 400 for an older version, and for one that has ended
   */
  restore(secret: Secret, idOrAlias: string, wanted: NewVersion, making: Making): Version {
    const version = findVersion(secret, idOrAlias);
    const alias = aliasOf(secret, version);
    if (alias === 'current') throw notSimulated('restoring the current version');
    const { credential, payload } = version;
    const active = credential?.endedAt === undefined && making.at < (credential?.expiresAt ?? 0);
    if (alias !== 'previous' || payload === undefined || !active)
      throw invalid(`The secret version ${idOrAlias} is not active.`);
    return this.#version(payload, credential, wanted, making);
  }

  /** Puts another key into a version; the former ends. False where IAM makes none. */
  replaceKey(
    secret: { readonly name: string; readonly lease: Lease },
    version: Version,
    making: Making,
  ): boolean {
    const minted = this.#credentials.mint(secret.name, secret.lease, making.accountId, making.at);
    if (minted === undefined) return false;
    this.#credentials.end(version.credential, making.at);
    this.#texts.add(minted.apiKey);
    version.payload = minted.apiKey;
    version.credential = minted.credential;
    return true;
  }

  #version(
    payload: Payload | undefined,
    credential: Version['credential'],
    wanted: NewVersion,
    { by, at, autoRotated = false }: Making,
  ): Version {
    for (const text of textsIn(payload)) this.#texts.add(text);
    return {
      id: this.#random.uuid(),
      createdAt: at,
      createdBy: by,
      autoRotated,
      payload,
      credential,
      downloaded: false,
      metadata: wanted.versionMetadata,
      locks: new Map(),
    };
  }
}
