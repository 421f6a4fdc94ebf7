import type { World } from '../../infra/local/world.ts';
import { days, hours } from '../../shared/domain/time.ts';
import type { Invariants } from './invariants.ts';
import type { Event } from './life.ts';
import { OLD_KEY, SECRET_ID, SECRETS_MANAGER_ID } from './small-world.ts';

/** What people and other tools do to the world while the keeper works. */
export type Happening = Event['happen'];

const STAMP = `logpush-keeper.${SECRET_ID}.`;

/** The key that the keeper minted last, if it has minted any. */
function newKey(world: World) {
  const stamped = world.iam.keys().filter((key) => key.name.startsWith(STAMP) && !key.deleted);
  const newest = stamped.toSorted((a, b) => b.createdAt - a.createdAt)[0];
  return newest === undefined || newest.id === oldKey(world)?.id ? undefined : world.iam.liveKey(newest.id);
}

const oldKey = (world: World) => world.iam.liveKeyByValue(world.keyValue(OLD_KEY));

const changeKey =
  (which: typeof newKey, how: 'disabled' | 'deleted'): Happening =>
  (world, invariants) => {
    const key = which(world);
    if (key === undefined) return;
    invariants.tampered.add(key.id);
    if (how === 'deleted') key.deletedAt = world.now();
    else {
      key.disabled = true;
      key.disabledAt = world.now();
    }
  };

const firstJob = (world: World) => [...world.cis.jobs()][0];

const refOf = (job: { readonly instanceCrn: string; readonly zoneId: string; readonly id: number }) => ({
  instanceCrn: job.instanceCrn,
  zoneId: job.zoneId,
  jobId: job.id,
});

const changeJob =
  (
    change: (world: World, job: NonNullable<ReturnType<typeof firstJob>>, invariants: Invariants) => void,
  ): Happening =>
  (world, invariants) => {
    const job = firstJob(world);
    if (job === undefined) return;
    invariants.tampered.add(`job ${job.id}`);
    change(world, job, invariants);
  };

const ROLES = [
  { service: 'logs', roles: ['Sender'] },
  { service: 'cloud-object-storage', roles: ['Object Writer'] },
];

export const HAPPENINGS = {
  'somebody disables the new key': changeKey(newKey, 'disabled'),
  'somebody deletes the new key': changeKey(newKey, 'deleted'),
  'somebody disables the old key': changeKey(oldKey, 'disabled'),
  'somebody deletes the old key': changeKey(oldKey, 'deleted'),
  'a person disables a job': changeJob((world, job, invariants) => {
    invariants.disabledByHand.add(job.id);
    world.cis.setEnabled(refOf(job), false);
  }),
  'a person deletes a job': changeJob((world, job) => {
    if ([...world.cis.jobs()].filter(({ destination }) => destination.apiKey !== undefined).length > 1)
      world.cis.deleteJob(refOf(job));
  }),
  'Terraform puts the old key back': changeJob((world, job) => {
    if (oldKey(world)?.disabled === false) world.cis.setDestinationKey(refOf(job), world.keyValue(OLD_KEY));
  }),
  'Terraform reads the secret': changeJob((world, job) => {
    const current = world.secretsManager.currentPayload(SECRETS_MANAGER_ID, SECRET_ID);
    if (current !== undefined) world.cis.setDestinationKey(refOf(job), current);
  }),
  'the role Sender goes': (world, invariants) => {
    invariants.tampered.add('role');
    for (const service of ['logs', 'cloud-object-storage'])
      world.iam.removePolicy(senderIamId(world), service);
  },
  'the role Sender comes': (world) => {
    const accountId = world.file.accounts[0]?.id ?? '';
    for (const role of ROLES) world.iam.addPolicy({ iamId: senderIamId(world), accountId, ...role });
  },
} as const satisfies Record<string, Happening>;

const senderIamId = (world: World): string =>
  world.iam.keys().find((key) => key.name.startsWith(STAMP))?.iamId ?? '';

/** Whether a call is a PUT of a Logpush job. */
const isMove = (name: string): boolean => /^PUT .*\/logpush\/jobs\/\d+$/.test(name);

/** The new key dies when the first job has it: the rotation has to go back. */
export const newKeyDies = (): Event => ({
  name: 'somebody disables the new key',
  when: { afterCall: isMove },
  happen: HAPPENINGS['somebody disables the new key'],
});

/** The new key gets no token any more when the first job has it, though IAM shows it as good: back to the old one. */
export const newKeyFails = (): Event => ({
  name: 'the new key gets no token any more',
  when: { afterCall: isMove },
  happen: (world, invariants) => {
    const key = newKey(world);
    if (key === undefined) return;
    invariants.tampered.add('login');
    world.iam.refuseLogins(key.id);
  },
});

/** What ends a happening, and after how long. */
const REMEDIES: Partial<
  Record<keyof typeof HAPPENINGS, { readonly name: keyof typeof HAPPENINGS; readonly afterMs: number }>
> = {
  'the role Sender goes': { name: 'the role Sender comes', afterMs: hours(2) },
  'Terraform puts the old key back': { name: 'Terraform reads the secret', afterMs: days(3) },
};

/** What may happen by chance once a number of calls has passed, and what ends it. */
export function chance(name: keyof typeof HAPPENINGS, afterCalls: number): readonly Event[] {
  let calls = 0;
  let happenedAt = Number.POSITIVE_INFINITY;
  const event: Event = {
    name,
    when: {
      afterCall: () => {
        calls += 1;
        return calls > afterCalls;
      },
    },
    happen: (world, invariants) => {
      happenedAt = world.now();
      HAPPENINGS[name](world, invariants);
    },
  };
  const remedy = REMEDIES[name];
  if (remedy === undefined) return [event];
  const end: Event = {
    name: remedy.name,
    when: { afterCall: (_, world) => world.now() >= happenedAt + remedy.afterMs },
    happen: HAPPENINGS[remedy.name],
    isAwaited: () => Number.isFinite(happenedAt),
  };
  return [event, end];
}
