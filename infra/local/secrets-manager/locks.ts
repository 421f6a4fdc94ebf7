import { invalid } from './errors.ts';
import { aliasOf, currentOf, type Lock, lockCount, previousOf, type Secret, type Version } from './state.ts';
import type { Json } from './types.ts';

const LOCKS_PER_SECRET = 1000;

/** `remove_previous_and_delete` also wipes the previous version, unless another lock still holds it. */
export const LOCK_MODES = ['remove_previous', 'remove_previous_and_delete'] as const;
export type LockMode = (typeof LOCK_MODES)[number];

export interface NewLock {
  readonly name: string;
  readonly description?: string | undefined;
  readonly attributes?: Json | undefined;
}

/** What a change of locks did, for the trace. */
export interface LockEffect {
  readonly put: readonly string[];
  readonly removedFromPrevious: readonly string[];
  readonly previousWiped: boolean;
}

/**
 * Puts locks on a version; one of the same name there is replaced.
 *
 * @throws {Denied} 400 for a version without payload, for more than 1000 locks, and for a mode on another version
 * than `current`, whose meaning is not documented
 * @see https://cloud.ibm.com/apidocs/secrets-manager/secrets-manager-v2#create-secret-locks-bulk
 */
export function putLocks(
  secret: Secret,
  version: Version,
  locks: readonly NewLock[],
  mode: LockMode | undefined,
  by: string,
  at: number,
): LockEffect {
  if (aliasOf(secret, version) === undefined || version.payload === undefined) {
    throw invalid('Only a current or previous version whose payload is available can be locked.');
  }
  if (mode !== undefined && version !== currentOf(secret)) {
    throw invalid('A mode can be used only with locks on the current version.');
  }
  const names = new Set(locks.map((lock) => lock.name));
  const fresh = [...names].filter((name) => !version.locks.has(name)).length;
  if (lockCount(secret) + fresh > LOCKS_PER_SECRET) {
    throw invalid(`A secret can have up to ${LOCKS_PER_SECRET} locks.`);
  }
  for (const lock of locks) version.locks.set(lock.name, written(lock, version.locks.get(lock.name), by, at));
  return { put: [...names], ...clearPrevious(secret, names, mode) };
}

const written = (lock: NewLock, replaced: Lock | undefined, by: string, at: number): Lock => ({
  name: lock.name,
  description: lock.description,
  attributes: lock.attributes,
  createdAt: replaced?.createdAt ?? at,
  updatedAt: at,
  createdBy: by,
});

function clearPrevious(secret: Secret, names: ReadonlySet<string>, mode: LockMode | undefined) {
  const previous = previousOf(secret);
  if (mode === undefined || previous === undefined) return { removedFromPrevious: [], previousWiped: false };
  const removedFromPrevious = [...names].filter((name) => previous.locks.delete(name));
  const previousWiped =
    mode === 'remove_previous_and_delete' && previous.locks.size === 0 && previous.payload !== undefined;
  if (previousWiped) previous.payload = undefined;
  return { removedFromPrevious, previousWiped };
}

/**
 * Removes locks from a version by name, all of them without names. A name that is not there is no error.
 *
 * @returns the names that were there
 */
export function removeLocks(version: Version, names: readonly string[] | undefined): readonly string[] {
  return (names ?? [...version.locks.keys()]).filter((name) => version.locks.delete(name));
}

/** The locks of some versions of a secret, with the version that each is on. */
export const locksOf = (
  versions: readonly Version[],
): readonly { readonly lock: Lock; readonly version: Version }[] =>
  versions.flatMap((version) => [...version.locks.values()].map((lock) => ({ lock, version })));
