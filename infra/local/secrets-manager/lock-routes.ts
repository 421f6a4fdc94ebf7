import { json } from '../http.ts';
import { CreateLocks, parseBody } from './bodies.ts';
import { invalid } from './errors.ts';
import { commaList, LOCK_LIST, page, searchText, sorted } from './lists.ts';
import { LOCK_MODES, type LockMode, locksOf } from './locks.ts';
import type { Admitted, Register } from './register.ts';
import type { SecretsManager } from './secrets-manager.ts';
import { findVersion, type Version } from './state.ts';
import { lockEntry, lockedVersions } from './wire.ts';

/** Locks: list, put and remove them, on the current version or on one that the path names. */
export function registerLockRoutes(register: Register, sm: SecretsManager): void {
  register('listSecretLocks', 'GET', '/secrets/:id/locks', 'secrets-manager.secret-locks.list', (call) =>
    listed(call, call.secret().versions, `/secrets/${call.param('id')}/locks`),
  );

  register(
    'listSecretVersionLocks',
    'GET',
    '/secrets/:id/versions/:vid/locks',
    'secrets-manager.secret-version-locks.list',
    (call) => {
      const path = `/secrets/${call.param('id')}/versions/${call.param('vid')}/locks`;
      return listed(call, [findVersion(call.secret(), call.param('vid'))], path);
    },
  );

  register(
    'createSecretLocks',
    'POST',
    '/secrets/:id/locks_bulk',
    'secrets-manager.secret-locks.create',
    (call) => put(sm, call, 'current'),
  );

  register(
    'createSecretVersionLocks',
    'POST',
    '/secrets/:id/versions/:vid/locks_bulk',
    'secrets-manager.secret-version-locks.create',
    (call) => put(sm, call, call.param('vid')),
  );

  register(
    'deleteSecretVersionLocks',
    'DELETE',
    '/secrets/:id/versions/:vid/locks_bulk',
    'secrets-manager.secret-version-locks.delete',
    (call) => {
      const secret = call.secret();
      const version = findVersion(secret, call.param('vid'));
      sm.removeLocks(secret, version, commaList(call.query()['name']), call.at);
      return json(200, lockedVersions(secret));
    },
  );
}

function listed(call: Admitted, versions: readonly Version[], path: string): Response {
  const search = searchText(call.query());
  const found = locksOf(versions).filter(({ lock }) => search === undefined || lock.name.includes(search));
  const ordered = sorted(found, call.query()['sort'], {
    created_at: ({ lock }) => lock.createdAt,
    updated_at: ({ lock }) => lock.updatedAt,
    name: ({ lock }) => lock.name,
  });
  const secret = call.secret();
  const items = ordered.map(({ lock, version }) => lockEntry(secret, version, lock));
  return json(200, page(call.instance, path, call.query(), LOCK_LIST, 'locks', items));
}

async function put(sm: SecretsManager, call: Admitted, idOrAlias: string): Promise<Response> {
  const mode = lockMode(call.query()['mode']);
  // Wiping a version's data is held by Manager alone, like deleting the secret; moving a lock needs only Writer.
  if (mode === 'remove_previous_and_delete') {
    sm.admit(
      call.c.req.header('authorization'),
      call.instance.guid,
      'secrets-manager.secret-version-data.delete',
      call.at,
      call.param('id'),
    );
  }
  const body = parseBody(CreateLocks, await call.body());
  const secret = call.secret();
  sm.putLocks(secret, findVersion(secret, idOrAlias), body.locks, mode, call.iamId, call.at);
  return json(201, lockedVersions(secret));
}

function lockMode(text: string | undefined): LockMode | undefined {
  if (text === undefined) return undefined;
  const mode = LOCK_MODES.find((known) => known === text);
  if (mode === undefined) throw invalid(`mode must be one of ${LOCK_MODES.join(', ')}.`);
  return mode;
}
