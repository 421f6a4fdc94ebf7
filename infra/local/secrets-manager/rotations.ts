import { days } from '../../../shared/domain/time.ts';
import type { Settings } from '../settings.ts';
import type { Chronicle } from './chronicle.ts';
import type { Credentials } from './credentials.ts';
import { Denied, invalid, keyNotMade, versionLocked } from './errors.ts';
import { ITSELF } from './happenings.ts';
import { nextRotation } from './lease.ts';
import type { NewVersion } from './metadata.ts';
import {
  addVersion,
  currentOf,
  lockCount,
  readPayload,
  requireActive,
  requireUnlockedPrevious,
  type Secret,
  stateOf,
  type Version,
} from './state.ts';
import type { Payload } from './types.ts';
import type { Making, VersionMaker } from './version-maker.ts';

/** The versions of a secret: making the next one, by hand or by the clock, reading one, wiping one. */
export class Rotations {
  readonly #settings: Settings['secretsManager'];
  readonly #chronicle: Chronicle;
  readonly #credentials: Credentials;
  readonly #versions: VersionMaker;
  readonly #accountOf: (secret: Secret) => string;

  constructor(
    settings: Settings['secretsManager'],
    chronicle: Chronicle,
    credentials: Credentials,
    versions: VersionMaker,
    accountOf: (secret: Secret) => string,
  ) {
    this.#settings = settings;
    this.#chronicle = chronicle;
    this.#credentials = credentials;
    this.#versions = versions;
    this.#accountOf = accountOf;
  }

  /** @throws {Denied} 412 when `previous` is locked, which is told as a rotation that was blocked */
  requireRotatable(secret: Secret, by: string, at: number): void {
    try {
      requireUnlockedPrevious(secret);
    } catch (denied) {
      this.#chronicle.happen(secret, 'secret_rotation_blocked', by, at);
      throw denied;
    }
  }

  /**
   * Makes a new version.
   *
   * @param checked - the lock on `previous` was looked at earlier, and another writer may have slipped in since
   * @throws {Denied} 412 when `previous` is locked, 400 for what cannot be restored or made
   */
  create(secret: Secret, wanted: NewVersion, checked: boolean, by: string, at: number): Version {
    requireActive(secret);
    if (secret.lease?.reuse === false)
      throw invalid('Rotation is not supported for a secret whose reuse_api_key is false.');
    if (!checked) this.requireRotatable(secret, by, at);
    return this.#addVersion(secret, wanted, {
      accountId: this.#accountOf(secret),
      by,
      at,
    });
  }

  /** Deletes the key of the current version early. @throws {Denied} 400 for another version or type, 412 while locked */
  wipe(secret: Secret, version: Version, at: number): void {
    requireActive(secret);
    if (secret.lease === undefined)
      throw invalid(`The data of a version of a secret of type ${secret.type} cannot be deleted.`);
    if (version !== currentOf(secret)) throw invalid('Only the data of the current version can be deleted.');
    if (version.locks.size > 0) throw versionLocked();
    this.#credentials.end(version.credential, at);
    version.payload = undefined;
    this.#chronicle.emit(
      at,
      'version-data-deleted',
      `secret ${secret.name} lost the data of its current version`,
    );
  }

  /**
   * The value of a version, if it still has one. Where a secret does not reuse its key, reading makes another one.
   *
   * @throws {Denied} 412 for such a secret while it is locked
   */
  readValue(secret: Secret, version: Version, by: string, at: number): Payload | undefined {
    const { lease } = secret;
    if (lease !== undefined && !lease.reuse && stateOf(secret) === 1 && version === currentOf(secret)) {
      if (lockCount(secret) > 0) throw versionLocked();
      const making = { accountId: this.#accountOf(secret), by, at };
      if (!this.#versions.replaceKey({ name: secret.name, lease }, version, making)) throw keyNotMade();
    }
    if (version.credential?.endedAt === undefined && version.credential !== undefined)
      this.#credentials.read(version.credential);
    return readPayload(secret, version, at);
  }

  #addVersion(secret: Secret, wanted: NewVersion, making: Making): Version {
    const { by, at } = making;
    const created =
      wanted.restoreFrom === undefined
        ? this.#versions.make(secret, wanted, making)
        : this.#versions.restore(secret, wanted.restoreFrom, wanted, making);
    if (created === undefined) {
      this.#chronicle.happen(secret, 'secret_rotation_failed', by, at);
      throw keyNotMade();
    }
    const pushedOut = addVersion(secret, created, at);
    if (this.#settings.pushedOutKey === 'delete' && pushedOut?.credential !== created.credential)
      this.#credentials.end(pushedOut?.credential, at);
    secret.customMetadata = wanted.customMetadata ?? secret.customMetadata;
    secret.nextRotationAt = nextRotation(secret.lease, at);
    secret.rotationRetryAt = undefined;
    this.#chronicle.emit(at, 'version-created', `secret ${secret.name} has the new version ${created.id}`);
    this.#chronicle.happen(secret, 'secret_rotated', by, at);
    return created;
  }

  /** A rotation that nobody asked for; one that cannot be done is tried again a day later. */
  rotate(secret: Secret, at: number): void {
    const making = {
      accountId: this.#accountOf(secret),
      by: ITSELF,
      at,
      autoRotated: true,
    };
    try {
      this.requireRotatable(secret, ITSELF, at);
      this.#addVersion(secret, { payload: undefined }, making);
    } catch (denied) {
      if (!(denied instanceof Denied)) throw denied;
      secret.rotationRetryAt = at + days(1);
    }
  }
}
