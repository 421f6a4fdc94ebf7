import type * as z from 'zod';
import { FaultTable } from '../../../../infra/local/faults.ts';
import type { Host, IamForSecretsManager, WorldEvent } from '../../../../infra/local/host.ts';
import type { CallRecord, RouteHost } from '../../../../infra/local/http.ts';
import { Iam } from '../../../../infra/local/iam/iam.ts';
import { SeededRandom } from '../../../../infra/local/random.ts';
import { secretsManagerRoutes } from '../../../../infra/local/secrets-manager/routes.ts';
import { SecretsManager } from '../../../../infra/local/secrets-manager/secrets-manager.ts';
import { Settings } from '../../../../infra/local/settings.ts';

export const INSTANCE = 'cccc3333-0000-4000-8000-000000000001';
export const SECRET = '0f7c6a52-0000-4000-8000-000000000001';
/** A service ID of the account. */
export const OWNER = 'ServiceId-aaaa1111-0000-4000-8000-000000000001';
export const START = Date.UTC(2026, 8, 1, 10);

const WRITES = [
  'secret.create',
  'secret-version.create',
  'secret-metadata.update',
  'secret-version-metadata.update',
  'secret-locks.create',
  'secret-version-locks.create',
] as const;
const LOOKS = [
  'secret-metadata.read',
  'secrets.list',
  'secret-versions.list',
  'secret-locks.list',
  'secret-version-metadata.read',
  'secret-version-locks.list',
] as const;
const READS = [...LOOKS, 'secret.read', 'secret-version.read'] as const;
const DELETES = ['secret-version-locks.delete', 'secret-version-data.delete', 'secret.delete'] as const;
const ROLES: Readonly<Record<string, readonly string[]>> = {
  Reader: LOOKS,
  SecretsReader: READS,
  Writer: [...READS, ...WRITES],
  Manager: [...READS, ...WRITES, ...DELETES],
};

/** Any answer's JSON; a test that reads a member that is not there gets undefined and fails by itself. */
type Answer = { readonly status: number; readonly body: any };

/** Secrets Manager alone, with one instance, one secret, and bearers that are called by their role. */
export function aSecretsManager(
  options: { readonly settings?: z.input<typeof Settings>; readonly expiresAt?: number } = {},
) {
  let now = START;
  const events: WorldEvent[] = [];
  const calls: CallRecord[] = [];
  const host: Host & RouteHost = {
    now: () => now,
    random: new SeededRandom(7),
    settings: Settings.parse(options.settings ?? {}),
    emit: (event) => events.push(event),
    catchUp: () => {},
    faults: new FaultTable(),
    calls,
  };
  const identities = new Iam(host);
  identities.addServiceId({ id: OWNER, name: 'logpush', accountId: 'account-1' });
  const iam: IamForSecretsManager = {
    authenticate: (authorization) => {
      const role = /^Bearer (\w+)$/.exec(authorization ?? '')?.[1];
      return role === undefined ? undefined : { iamId: `iam-ServiceId-${role}`, accountId: 'account-1' };
    },
    principalOf: (role) => ({ iamId: `iam-ServiceId-${role}`, accountId: 'account-1' }),
    allows: (iamId, action, target) =>
      target.service === 'secrets-manager' &&
      target.instanceId === INSTANCE &&
      (ROLES[iamId.slice('iam-ServiceId-'.length)] ?? []).some(
        (held) => action === `secrets-manager.${held}`,
      ),
    grantToken: (key, at) => identities.grantToken(key, at),
    isServiceIdOf: (iamId, accountId) => identities.isServiceIdOf(iamId, accountId),
    makeLockedKey: (key) => identities.makeLockedKey(key),
    lockKey: (id) => identities.lockKey(id),
    deleteKey: (id, at) => identities.deleteKey(id, at),
  };
  const sm = new SecretsManager(host, iam);
  sm.addInstance({ guid: INSTANCE, region: 'us-south', accountId: 'account-1' });
  sm.addSecret({
    instanceId: INSTANCE,
    id: SECRET,
    name: 'logpush-edge-key',
    payload: 'TRACER-1',
    createdAt: Date.UTC(2026, 5, 1),
    ...(options.expiresAt === undefined ? {} : { expiresAt: options.expiresAt }),
  });
  const app = secretsManagerRoutes(sm, host);

  async function call(
    method: string,
    path: string,
    body?: unknown,
    more: { readonly as?: string; readonly type?: string } = {},
  ): Promise<Answer> {
    const patch = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const response = await app.request(`/${INSTANCE}/api/v2${path}`, {
      method,
      headers: { authorization: `Bearer ${more.as ?? 'Manager'}`, 'content-type': more.type ?? patch },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  }

  return {
    sm,
    iam: identities,
    host,
    events,
    calls,
    call,
    app,
    pass: (ms: number) => {
      now += ms;
    },
    /** Rotates the secret to a payload, with the payload's name as its metadata. */
    rotate: (payload: string, more: { readonly as?: string } = {}) =>
      call(
        'POST',
        `/secrets/${SECRET}/versions`,
        { payload, version_custom_metadata: { of: payload } },
        more,
      ),
    lock: (name: string, mode?: string, more: { readonly as?: string } = {}) =>
      call(
        'POST',
        `/secrets/${SECRET}/locks_bulk${mode === undefined ? '' : `?mode=${mode}`}`,
        { locks: [{ name }] },
        more,
      ),
  };
}
