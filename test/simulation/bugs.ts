import type { World } from '../../infra/local/world.ts';
import { minutes } from '../../shared/domain/time.ts';
import type { Instants, LedgerStore } from '../../shared/ports.ts';
import type { Bug, Case } from './case.ts';
import type { Violation } from './invariants.ts';
import { ALONE } from './runner.ts';
import { FOREIGN_KEY_ID, KEYLESS_JOB, OLD_KEY, type SmallWorld } from './small-world.ts';

interface PlantedBug {
  readonly breaks: Violation['invariant'];
  readonly bug: Bug;
  /** Where it shows. */
  readonly world?: Partial<SmallWorld>;
  /** What must go wrong, or who must be there, for it to show. */
  readonly where?: Pick<Case, 'faults' | 'runners' | 'aims'>;
}

/**
 * What a keeper with a bug would do to the world, one for each invariant. They act where the keeper's calls leave its
 * process, so that the product holds no switch for them.
 */
export const BUGS: Readonly<Record<string, PlantedBug>> = {
  'the old key is disabled when the new one is stored': {
    breaks: 1,
    bug: {
      beforeCall: (world, call) => isMove(call) && disable(world, world.iam.keyIdOf(world.keyValue(OLD_KEY))),
    },
  },
  'the old key is disabled half an hour after the last move': {
    breaks: 2,
    bug: { beforeCall: (world) => hasMovedFor(world, minutes(30)) && disable(world, oldKeyId(world)) },
  },
  'a create is repeated when its answer is slow': {
    breaks: 3,
    bug: { repeat: ({ method, url }) => (method === 'POST' && url.endsWith('/v1/apikeys') ? 1 : 0) },
  },
  'a delete that was refused counts as done': {
    breaks: 4,
    bug: {
      changeRequest: (request) =>
        request.method === 'DELETE' && /\/v1\/apikeys\/ApiKey-[\w-]+$/.test(request.url)
          ? 'swallow'
          : request,
    },
  },
  'every other key of the service ID is cleaned up': {
    breaks: 5,
    bug: { beforeCall: (world, call) => isDelete(call) && disable(world, FOREIGN_KEY_ID) },
  },
  'every job of the bucket is given the key': {
    breaks: 5,
    world: { destination: 'cos', neighbours: true },
    bug: { beforeCall: (world, call) => isMove(call) && giveKeylessJob(world) },
  },
  'a key is stored although it was refused': {
    breaks: 6,
    bug: { beforeCall: (world, call) => isPublish(call) && disable(world, newestKeyId(world)) },
  },
  'the ledger keeps the value, to go on after a crash': {
    breaks: 7,
    bug: { changeDocument: (body, world) => body.replace('{', `{"value":"${world.keyValue(OLD_KEY)}",`) },
  },
  'a refused call is tried again without end': {
    breaks: 8,
    bug: { repeat: ({ url }) => (url.endsWith('/logpush/jobs') ? 150 : 0) },
  },
  'a moved job is enabled to be sure': {
    breaks: 9,
    bug: {
      changeRequest: (request) =>
        request.method === 'PUT' && typeof request.body === 'string'
          ? { ...request, body: request.body.replace(/\}$/, ',"enabled":true}') }
          : request,
    },
  },
  'the lease is ignored': {
    breaks: 3,
    bug: { changeLedger: withoutLeases },
    where: { faults: new Map(), runners: [ALONE, { ...ALONE, name: 'B' }] },
  },
  'the lease is not prolonged': {
    breaks: 3,
    bug: { changeLedger: takenOnce },
    // IAM knows the new key late: the run waits for that under its lease, and publishes after five minutes.
    world: { newKeyDelayMinutes: 6 },
  },
  'a run writes on after its lease has ended': {
    breaks: 3,
    bug: { changeLedger: withStandingClock },
    where: { faults: new Map(), aims: [{ phase: 'minting', kind: 'stall', nth: 1, after: 0 }] },
  },
  'all jobs move before the new key is known to work': {
    breaks: 0,
    bug: { beforeCall: (world, call) => isPublish(call) && breakJobs(world) },
  },
};

const isLease = (key: string): boolean => key.startsWith('leases/');

/** Every run sees leases that nobody holds, and writes none. */
function withoutLeases(ledger: LedgerStore): LedgerStore {
  return {
    ...ledger,
    read: async (key) => {
      const stored = await ledger.read(key);
      return isLease(key) ? undefined : stored;
    },
    write: (key, body, tag) => (isLease(key) ? Promise.resolve('') : ledger.write(key, body, tag)),
  };
}

/** A run takes the lease, and whatever it writes into it after that is lost. */
function takenOnce(ledger: LedgerStore): LedgerStore {
  let taken: string | undefined;
  return {
    ...ledger,
    write: async (key, body, tag) => {
      if (!isLease(key)) return ledger.write(key, body, tag);
      taken ??= await ledger.write(key, body, tag);
      return taken;
    },
  };
}

/** To a run, the store's clock shows what it showed first. */
function withStandingClock(ledger: LedgerStore): LedgerStore {
  let first: Instants | undefined;
  return { ...ledger, now: () => (first ??= ledger.now?.() ?? { atLeast: 0, atMost: 0 }) };
}

const isMove = (call: string): boolean => /^PUT .*\/logpush\/jobs\/\d+$/.test(call);
const isPublish = (call: string): boolean => /^POST .*\/versions$/.test(call);
const isDelete = (call: string): boolean => /^DELETE .*\/apikeys\/ApiKey-\*?$/.test(call);

function disable(world: World, id: string | undefined): void {
  const key = id === undefined ? undefined : world.iam.liveKey(id);
  if (key === undefined || key.disabled) return;
  key.disabled = true;
  key.disabledAt = world.now();
}

const oldKeyId = (world: World): string | undefined => world.iam.keyIdOf(world.keyValue(OLD_KEY));

const newestKeyId = (world: World): string | undefined =>
  world.iam.keys().toSorted((a, b) => b.createdAt - a.createdAt)[0]?.id;

/** Whether no job has carried the old key for a while. */
function hasMovedFor(world: World, ms: number): boolean {
  return [...world.cis.jobs()].every((job) => {
    const { at } = job.replaced.at(-1) ?? { at: Number.POSITIVE_INFINITY };
    return job.destination.apiKey !== world.keyValue(OLD_KEY) && at + ms <= world.now();
  });
}

function giveKeylessJob(world: World): void {
  const job = [...world.cis.jobs()].find(({ id }) => id === KEYLESS_JOB);
  if (job !== undefined) world.cis.setDestinationKey({ ...job, jobId: job.id }, world.keyValue(OLD_KEY));
}

/** Puts a key that may not send into every job, as CIS takes it. */
function breakJobs(world: World): void {
  for (const { instanceCrn, zoneId, id: jobId } of world.cis.jobs())
    world.cis.setDestinationKey({ instanceCrn, zoneId, jobId }, world.keyValue('keeper-key'));
}
