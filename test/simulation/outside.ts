import type { World } from '../../infra/local/world.ts';
import { hours } from '../../shared/domain/time.ts';
import type { Invariants } from './invariants.ts';
import type { Event } from './life.ts';
import { OLD_KEY, SECRET_ID } from './small-world.ts';

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

const SENDER = { service: 'logs', roles: ['Sender'] };

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
    if ([...world.cis.jobs()].length > 1) world.cis.deleteJob(refOf(job));
  }),
  'Terraform puts the old key back': changeJob((world, job) => {
    if (oldKey(world)?.disabled === false) world.cis.setDestinationKey(refOf(job), world.keyValue(OLD_KEY));
  }),
  'the role Sender goes': (world, invariants) => {
    invariants.tampered.add('role');
    world.iam.removePolicy(senderIamId(world), 'logs');
  },
  'the role Sender comes': (world) =>
    world.iam.addPolicy({
      iamId: senderIamId(world),
      accountId: world.file.accounts[0]?.id ?? '',
      ...SENDER,
    }),
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

/** What may happen by chance, once a number of calls has passed. The role comes back after two hours. */
export function chance(name: keyof typeof HAPPENINGS, afterCalls: number): readonly Event[] {
  let calls = 0;
  let goneAt = Number.POSITIVE_INFINITY;
  const event: Event = {
    name,
    when: {
      afterCall: () => {
        calls += 1;
        return calls > afterCalls;
      },
    },
    happen: (world, invariants) => {
      goneAt = world.now();
      HAPPENINGS[name](world, invariants);
    },
  };
  if (name !== 'the role Sender goes') return [event];
  const back: Event = {
    name: 'the role Sender comes',
    when: { afterCall: (_, world) => world.now() >= goneAt + hours(2) },
    happen: HAPPENINGS['the role Sender comes'],
    isAwaited: () => Number.isFinite(goneAt),
  };
  return [event, back];
}
