import type { World } from '../../infra/local/world.ts';
import { bindingsOf } from '../../infra/local/world-secrets.ts';
import type { Rotation } from '../../shared/domain/rotation/record.ts';
import { GUARD_LOCK } from '../../shared/domain/rotation/timing.ts';
import { days, hours } from '../../shared/domain/time.ts';
import { personCalls } from '../support/person.ts';
import type { Invariants } from './invariants.ts';
import { BUCKET, OLD_KEY, SECRET_ID, SECRETS_MANAGER_ID } from './small-world.ts';

/** What somebody from outside finds. */
export interface Scene {
  readonly world: World;
  readonly invariants: Invariants;
  /** The rotation under way. */
  readonly rotation: Rotation | undefined;
  /** How many have completed. */
  readonly completed: number;
  /** The last rotation failed, and its key is still the secret's. */
  readonly hasFailed: boolean;
  /** Where others make the keys: the jobs were given what the secret holds, as far as the ledger knows. */
  readonly isCarried: boolean;
}

/** What people, other tools and IBM Cloud do to the world while the keeper works. */
export interface Happening {
  /** @returns false when there was nothing to do it to */
  readonly happen: (scene: Scene) => boolean | Promise<boolean>;
  /** Log minutes may be lost, and the keeper could not help it. */
  readonly costsLogs: boolean;
  readonly remedy?: { readonly afterMs: number; readonly happen: (scene: Scene) => unknown };
}

/** The small world's one secret. */
function secretOf(world: World) {
  const secret = world.file.secretsManagers[0]?.secrets[0];
  if (secret === undefined) throw new Error('the small world has no secret');
  return secret;
}

/** What it holds now for the jobs. */
function currentValue(world: World): string | undefined {
  const secret = secretOf(world);
  const member = secret.type === 'kv' ? bindingsOf(secret)[0]?.member : undefined;
  return world.secretsManager.currentPayload(SECRETS_MANAGER_ID, SECRET_ID, member);
}

/** The body of a request for a new version that holds a key: whole, in a member, or made by Secrets Manager. */
function versionWith(world: World, key: string): object {
  const secret = secretOf(world);
  if (secret.type === 'iam_credentials') return {};
  if (secret.type === 'arbitrary') return { payload: key };
  const texts = Object.entries(secret.data).filter(([, held]) => typeof held === 'string');
  return { data: { ...Object.fromEntries(texts), [bindingsOf(secret)[0]?.member ?? '']: key } };
}

type Which = (scene: Scene) => string | undefined;

const newKeyId: Which = ({ rotation }) => rotation?.newKeyId;
const oldKeyId: Which = ({ rotation, world }) =>
  rotation?.oldKeyId ?? world.iam.keyIdOf(currentValue(world) ?? '');

/** The youngest key that IBM may disable when it finds it in public. */
const leakedKeyId: Which = ({ world }) => {
  const keys = world.iam.liveKeys().filter((key) => key.actionWhenLeaked === 'disable' && !key.disabled);
  return keys.toSorted((a, b) => b.createdAt - a.createdAt)[0]?.id;
};

const changeKey = (which: Which, how: 'disabled' | 'deleted'): Happening => ({
  costsLogs: true,
  happen: (scene) => {
    const key = scene.world.iam.liveKey(which(scene) ?? '');
    if (key === undefined || (how === 'disabled' && key.disabled)) return false;
    scene.invariants.tampered.add(key.id);
    if (how === 'deleted') key.deletedAt = scene.world.now();
    else {
      key.disabled = true;
      key.disabledAt = scene.world.now();
    }
    return true;
  },
});

const keyedJobs = (world: World) =>
  [...world.cis.jobs()].filter(({ destination }) => destination.apiKey !== undefined);

type Job = ReturnType<typeof keyedJobs>[number];

const refOf = ({ instanceCrn, zoneId, id }: Job) => ({ instanceCrn, zoneId, jobId: id });

/** @param change - says whether it did anything */
const changeJob =
  (change: (world: World, job: Job, scene: Scene) => boolean) =>
  (scene: Scene): boolean => {
    const [job] = keyedJobs(scene.world);
    if (job === undefined || !change(scene.world, job, scene)) return false;
    scene.invariants.tampered.add(`job ${job.id}`);
    return true;
  };

const ROLES = [
  { service: 'logs', roles: ['Sender'] },
  { service: 'cloud-object-storage', roles: ['Object Writer'] },
];

const senderIamId = (world: World): string =>
  world.iam.keys().find(({ id }) => id === world.iam.keyIdOf(world.keyValue(OLD_KEY)))?.iamId ?? '';

const refuse = (world: World, refuses: boolean): void => {
  for (const { guid } of world.file.cloudLogs) world.cloudLogs.refuse(guid, refuses ? 403 : undefined);
  world.cos.change(BUCKET, (bucket) => (bucket.deleted = refuses));
};

const guardedAlias = (world: World) =>
  world.secretsManager.truth()[0]?.versions.find(({ locks }) => locks.includes(GUARD_LOCK))?.alias;

const takeGuard = async ({ world, invariants }: Scene): Promise<boolean> => {
  const alias = guardedAlias(world);
  if (alias === undefined) return false;
  await personCalls(world, 'DELETE', `/versions/${alias}/locks_bulk?name=${GUARD_LOCK}`);
  invariants.tampered.add('locks');
  return true;
};

const OTHER_LOCK = 'billing-app';

export const HAPPENINGS = {
  'new key disabled': changeKey(newKeyId, 'disabled'),
  'new key deleted': changeKey(newKeyId, 'deleted'),
  'old key disabled': changeKey(oldKeyId, 'disabled'),
  'old key deleted': changeKey(oldKeyId, 'deleted'),
  'key leaked': changeKey(leakedKeyId, 'disabled'),
  'person disables a job': {
    costsLogs: false,
    happen: changeJob((world, job, { invariants }) => {
      if (!job.enabled) return false;
      invariants.disabledByHand.add(job.id);
      world.cis.setEnabled(refOf(job), false);
      return true;
    }),
  },
  'person deletes a job': {
    costsLogs: false,
    happen: changeJob((world, job) => {
      if (keyedJobs(world).length < 2) return false;
      world.cis.deleteJob(refOf(job));
      return true;
    }),
  },
  'Terraform puts the old key back': {
    costsLogs: true,
    happen: changeJob((world, job, scene) => {
      const key = world.iam.liveKey(oldKeyId(scene) ?? '');
      if (key === undefined || key.disabled) return false;
      world.cis.setDestinationKey(refOf(job), key.value);
      return true;
    }),
    remedy: {
      afterMs: days(3),
      happen: changeJob((world, job) => {
        const current = currentValue(world);
        if (current !== undefined) world.cis.setDestinationKey(refOf(job), current);
        return true;
      }),
    },
  },
  'role goes': {
    costsLogs: true,
    happen: ({ world, invariants }) => {
      invariants.tampered.add('role');
      for (const { service } of ROLES) world.iam.removePolicy(senderIamId(world), service);
      return true;
    },
    remedy: {
      afterMs: hours(2),
      happen: ({ world }) => {
        const accountId = world.file.accounts[0]?.id ?? '';
        for (const role of ROLES) world.iam.addPolicy({ iamId: senderIamId(world), accountId, ...role });
      },
    },
  },
  'destination refuses': {
    costsLogs: true,
    happen: ({ world, invariants }) => {
      invariants.tampered.add('destination');
      refuse(world, true);
      return true;
    },
    remedy: { afterMs: hours(3), happen: ({ world }) => refuse(world, false) },
  },
  'previous version locked': {
    costsLogs: false,
    happen: async ({ world, invariants }) => {
      const locks = { locks: [{ name: OTHER_LOCK, description: 'runs on the old key' }] };
      if ((await personCalls(world, 'POST', '/versions/previous/locks_bulk', locks)) !== 201) return false;
      invariants.tampered.add('locks');
      return true;
    },
    remedy: {
      afterMs: hours(26),
      happen: async ({ world }) => {
        for (const alias of ['previous', 'current'])
          await personCalls(world, 'DELETE', `/versions/${alias}/locks_bulk?name=${OTHER_LOCK}`);
      },
    },
  },
  'guard lock taken away': {
    costsLogs: false,
    happen: takeGuard,
  },
  'person stores a version': {
    costsLogs: false,
    happen: async (scene) => {
      const { world, invariants } = scene;
      invariants.tampered.add('version');
      const body = versionWith(world, world.keyValue('foreign-key'));
      if ((await personCalls(world, 'POST', '/versions', body)) === 201) return true;
      // The guard lock refuses it; who has the right can take it away.
      await takeGuard(scene);
      return (await personCalls(world, 'POST', '/versions', body)) === 201;
    },
  },
} as const satisfies Record<string, Happening>;
export type HappeningName = keyof typeof HAPPENINGS;

/** Something that happens once, right after the first call that it waits for. */
export interface Event {
  readonly name: string;
  readonly afterCall: (name: string, scene: Scene) => boolean;
  readonly happening: Happening;
}

/** Whether a call is a PUT of a Logpush job. */
export const isMove = (name: string): boolean => /^PUT .*\/logpush\/jobs\/\d+$/.test(name);

/** The new key dies when the first job has it: the rotation has to go back. */
export const newKeyDies = (): Event => ({
  name: 'new key disabled',
  afterCall: isMove,
  happening: HAPPENINGS['new key disabled'],
});

/** The new key gets no token any more when the first job has it, though IAM shows it as good: back to the old one. */
export const newKeyFails = (afterRotations = 0): Event => ({
  name: 'the new key gets no token any more',
  afterCall: (name, { completed }) => isMove(name) && completed >= afterRotations,
  happening: {
    costsLogs: true,
    happen: (scene) => {
      const id = newKeyId(scene);
      if (id === undefined) return false;
      scene.invariants.tampered.add('login');
      scene.world.iam.refuseLogins(id);
      return true;
    },
  },
});

/** Whoever makes the keys of the secret makes another one and stores it, once the jobs have the one before. */
export const storesKey = (nth: number): Event =>
  stores(
    `others store key ${nth}`,
    nth,
    ({ rotation, isCarried, world }) =>
      rotation === undefined && isCarried && (world.secretsManager.truth()[0]?.versions.length ?? 0) >= nth,
  );

/** They also replace one that is dead, or that failed. */
export const replacesDeadKey = (nth: number): Event =>
  stores(`others replace a dead key ${nth}`, 50 + nth, ({ world, rotation, hasFailed }) => {
    const key = world.iam.liveKeyByValue(currentValue(world) ?? '');
    return rotation === undefined && (key === undefined || key.disabled || hasFailed);
  });

const stores = (name: string, nth: number, when: (scene: Scene) => boolean): Event => ({
  name,
  afterCall: (_, scene) => when(scene),
  happening: {
    costsLogs: false,
    happen: async ({ world }) => {
      const id = `ApiKey-00000000-0000-4000-8000-0000000002${nth.toString().padStart(2, '0')}`;
      const value = `TRACER-${id}`;
      if (world.iam.liveKey(id) === undefined) {
        const accountId = world.file.accounts[0]?.id ?? '';
        const key = { id, name: 'by hand', iamId: senderIamId(world), accountId, value };
        world.iam.addKey({ ...key, createdAt: world.now(), disabled: false, locked: false });
      }
      return (await personCalls(world, 'POST', '/versions', versionWith(world, value))) === 201;
    },
  },
});
