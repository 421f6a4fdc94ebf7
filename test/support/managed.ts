import { expect } from 'vitest';
import { loadWorld } from '../../infra/local/load-world.ts';
import type { World } from '../../infra/local/world.ts';
import type { WorldFile } from '../../infra/local/world-file.ts';
import { days, hours, minutes } from '../../shared/domain/time.ts';
import { readRecord } from '../../shared/sweeps/records.ts';
import { type VirtualKeeper, virtualKeeper } from './virtual-keeper.ts';

/** One binding, `edge-logs`, whose secret and whose keeper of keys a test chooses. */

const SECRET = 'f344c42a-efb9-4ebd-8ad0-02caf39bbcef';
const INSTANCE = 'a5636a44-6fb3-438d-85d6-3284f14d49fe';
const NAME = 'logpush-edge-key';
/** How jobs name the key that Secrets Manager made. */
export const MADE = `secret:${NAME}`;
export const OWNER = 'iam-ServiceId-dda198a0-5acb-4ec6-8cf6-916bac88022f';

export type WorldSecret = WorldFile['secretsManagers'][number]['secrets'][number];
type BindingOf = NonNullable<Extract<WorldSecret, { type: 'arbitrary' }>['binding']>;

/** The world of two keys, with one other secret in their place. */
export function aWorld(secret: WorldSecret, apiKey: string): WorldFile {
  const file = loadWorld('two-keys');
  const [manager] = file.secretsManagers;
  if (manager === undefined) throw new Error('the world has changed');
  manager.secrets = [secret];
  // The key of the other account belongs to nobody's binding here.
  file.secretsManagers.splice(1);
  for (const { zones } of file.cis)
    for (const { jobs } of zones)
      for (const job of jobs) if (job.apiKey === 'edge-logs-key') job.apiKey = apiKey;
  return file;
}

/** A secret whose keys Secrets Manager makes. */
export const iamCredentials = (more: object = {}): WorldSecret => ({
  id: SECRET,
  name: NAME,
  type: 'iam_credentials',
  serviceId: 'logpush-edge',
  ttlDays: 90,
  reuse: true,
  createdDaysAgo: 61,
  binding: { name: 'edge-logs', managedBy: 'secrets-manager' },
  ...more,
});

/** A secret that is a text. */
export const arbitrary = (
  binding: Partial<BindingOf> = {},
  more: { readonly apiKey?: string; readonly state?: 0 | 2 | 3 } = {},
): WorldSecret => ({
  id: SECRET,
  name: NAME,
  type: 'arbitrary',
  apiKey: 'edge-logs-key',
  binding: { name: 'edge-logs', managedBy: 'others', ...binding },
  ...more,
});

/** A secret with members. */
export const keyValue = (data: Extract<WorldSecret, { type: 'kv' }>['data']): WorldSecret => ({
  id: SECRET,
  name: NAME,
  type: 'kv',
  data,
});

/** A keeper of Secrets Manager's keys. */
export const withMadeKeys = (more: object = {}): VirtualKeeper =>
  virtualKeeper({ file: aWorld(iamCredentials(more), MADE) });

/** A keeper beside others who make the keys. */
export const withKeysOfOthers = (): VirtualKeeper =>
  virtualKeeper({ file: aWorld(arbitrary(), 'edge-logs-key') });

export const recordOf = async ({ ledger }: VirtualKeeper, member?: string, binding = 'edge-logs') =>
  (await readRecord(ledger, binding, { id: SECRET, ...(member === undefined ? {} : { member }) })).record;

/** Runs on schedule until the binding has no rotation under way and one more has ended. */
export async function rotated(keeper: VirtualKeeper, member?: string, binding?: string) {
  const before = (await recordOf(keeper, member, binding)).history.length;
  for (const endsAt = keeper.clock.now() + days(5); keeper.clock.now() < endsAt; ) {
    await keeper.runEvery(minutes(15), 'rotate-keys', hours(1));
    const record = await recordOf(keeper, member, binding);
    if (record.current === undefined && record.history.length > before) return record;
  }
  throw new Error(JSON.stringify(await recordOf(keeper, member, binding), undefined, 1));
}

export const lost = ({ world }: VirtualKeeper): number =>
  world.logpush.truth().reduce((sum, job) => sum + job.lostMinutes, 0);

/** What the secret, or a member of it, holds now. */
export const payloadOf = ({ world }: VirtualKeeper, member?: string) =>
  world.secretsManager.currentPayload(INSTANCE, SECRET, member);

export const currentKeyId = (keeper: VirtualKeeper, member?: string) =>
  keeper.world.iam.keyIdOf(payloadOf(keeper, member) ?? '');

export const operations = ({ world }: VirtualKeeper) => world.calls.map(({ operation }) => operation);

export const keyById = (world: World, keyId: string | undefined) =>
  world.iam.keys().find(({ id }) => id === keyId);

/** Which keys of this identity jobs carry. */
export const keysOfJobs = async ({ world }: VirtualKeeper, owner = OWNER) => {
  const ids = [...world.cis.jobs()].map(({ destination }) => world.iam.keyIdOf(destination.apiKey));
  const owned = new Set(world.iam.keys().flatMap(({ id, iamId }) => (iamId === owner ? [id] : [])));
  return [...new Set(ids)].filter((id) => id !== undefined && owned.has(id));
};

/** Somebody calls Secrets Manager about the secret. */
export async function person({ world, clock }: VirtualKeeper, method: string, path: string, body: object) {
  const granted = world.iam.grantToken(world.keyValue('keeper-edge-key'), clock.now());
  if (!granted.ok) throw new Error('nobody can log in');
  const url = `http://127.0.0.1/secrets-manager/${INSTANCE}/api/v2/secrets/${SECRET}${path}`;
  const headers = { authorization: `Bearer ${granted.token}`, 'content-type': 'application/json' };
  const answer = await world.app.fetch(new Request(url, { method, headers, body: JSON.stringify(body) }));
  expect(answer.status).toBeLessThan(300);
}

let made = 0;
/** Whoever manages the key makes another one and stores it. @returns its id */
export async function storeNewKey(keeper: VirtualKeeper, owner?: string): Promise<string> {
  const { world, clock } = keeper;
  const old = keyById(world, currentKeyId(keeper));
  if (old === undefined) throw new Error('the secret holds no key');
  const id = `ApiKey-00000000-0000-4000-8000-0000000001${(made += 1).toString().padStart(2, '0')}`;
  const value = `TRACER-${id}`;
  world.iam.addKey({
    id,
    name: 'by hand',
    iamId: owner ?? old.iamId,
    accountId: old.accountId,
    value,
    createdAt: clock.now(),
    disabled: false,
    locked: false,
  });
  clock.advance(minutes(1));
  await person(keeper, 'POST', '/versions', { payload: value });
  return id;
}
