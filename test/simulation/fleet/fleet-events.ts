import type { Blockers } from '../../../infra/local/cos/bucket.ts';
import type { SeededRandom } from '../../../infra/local/random.ts';
import type { World } from '../../../infra/local/world.ts';
import { days, hours, minutes } from '../../../shared/domain/time.ts';
import type { Invariants } from '../invariants.ts';
import { type FleetWorld, type Group, roleOf, SECRETS_MANAGER_ID } from './fleet-world.ts';

/** What is wrong in the world right now, as the events left it. */
export class Troubles {
  /** How many causes keep a group's destination from taking anything. */
  readonly #refusing = new Map<Group, number>();
  /** How often a cause began. */
  readonly #epochs = new Map<Group, number>();
  /** Services that do not answer the keeper. */
  readonly silent = new Set<string>();
  /** The keeper does not run. */
  stopped = false;
  /** Jobs that people enabled or disabled. */
  readonly touched = new Set<number>();

  /** Nothing can be expected of the keeper now. */
  get hinders(): boolean {
    return this.stopped || this.silent.size > 0;
  }

  epoch(group: Group): number {
    return this.#epochs.get(group) ?? 0;
  }

  /** Something new is wrong with what a group's jobs push with. */
  count(group: Group): void {
    this.#epochs.set(group, this.epoch(group) + 1);
  }

  refuses(group: Group): boolean {
    return (this.#refusing.get(group) ?? 0) > 0;
  }

  begin(group: Group): void {
    this.count(group);
    this.#refusing.set(group, (this.#refusing.get(group) ?? 0) + 1);
  }

  end(group: Group): void {
    this.#refusing.set(group, (this.#refusing.get(group) ?? 0) - 1);
  }
}

export interface FleetEvent {
  readonly afterMs: number;
  readonly name: string;
  readonly happen: (world: World, invariants: Invariants, troubles: Troubles) => void;
}

/** Nothing happens in the last days, so that what is under way can end. */
const QUIET_FROM_MS = days(22);
/** Of a trouble. */
const LONGEST_MS = hours(55);
const SERVICES = ['cis', 'iam', 'secrets-manager', 'cloud-logs', 'cos'] as const;

/** What happens to a fleet in its thirty days, in the order of time. */
export function drawEvents(random: SeededRandom, world: FleetWorld): readonly FleetEvent[] {
  const events: FleetEvent[] = [];
  for (let left = 3 + random.below(5); left > 0; left -= 1) {
    const at = minutes(Math.floor((days(0.2) + random.next() * (QUIET_FROM_MS - days(0.2))) / minutes(1)));
    const group = random.pick(world.groups);
    const forMs = random.pick([minutes(40), hours(5), hours(26), LONGEST_MS]);
    const jobId = random.pick(group.jobIds);
    const kind = random.below(12);
    if (kind < 4) {
      events.push(...roleGoes(group, at, forMs));
      if (kind < 3 && forMs === LONGEST_MS)
        events.push(...inSpiteOf(jobId, at + hours(25), random.below(2) === 0));
    } else if (kind < 6)
      events.push(...destinationFails(group, at, forMs, random.pick(Object.keys(BUCKET_TROUBLES))));
    else if (kind < 7) events.push(keyEnds(group, at, random.pick(['disabled', 'deleted'] as const)));
    else if (kind < 9) events.push(...personAtJob(jobId, at, random.pick([hours(1), hours(30)])));
    else events.push(...silence(random.pick(SERVICES), at, random.pick([minutes(12), hours(1), hours(3)])));
  }
  return events.toSorted((a, b) => a.afterMs - b.afterMs);
}

const roleGoes = (group: Group, afterMs: number, forMs: number): readonly FleetEvent[] => [
  {
    afterMs,
    name: `the role of ${group.keyName} goes`,
    happen: (world, invariants, troubles) => {
      invariants.tampered.add(`role of ${group.keyName}`);
      troubles.begin(group);
      world.iam.removePolicy(`iam-${group.serviceId}`, roleOf(group.destination).service);
    },
  },
  {
    afterMs: afterMs + forMs,
    name: `the role of ${group.keyName} comes back`,
    happen: (world, _, troubles) => {
      troubles.end(group);
      const accountId = world.file.accounts[0]?.id ?? '';
      world.iam.addPolicy({ iamId: `iam-${group.serviceId}`, accountId, ...roleOf(group.destination) });
    },
  },
];

/** What can be wrong with a bucket, and how it is right again. */
const BUCKET_TROUBLES: Readonly<
  Record<string, { readonly begin: (bucket: Blockers) => void; readonly end: (bucket: Blockers) => void }>
> = {
  'is gone': {
    begin: (bucket) => (bucket.deleted = true),
    end: (bucket) => (bucket.deleted = false),
  },
  'is full': {
    begin: (bucket) => (bucket.hardQuota = 1),
    end: (bucket) => (bucket.hardQuota = 0),
  },
  // The keeper comes from there, Logpush does not.
  'has a firewall': {
    begin: (bucket) => (bucket.firewall = { allowedIps: ['198.51.100.0/24'] }),
    end: (bucket) => (bucket.firewall = undefined),
  },
};

/** A bucket that takes nothing for a while, or an instance of Cloud Logs. */
function destinationFails(group: Group, afterMs: number, forMs: number, what: string): readonly FleetEvent[] {
  const trouble = BUCKET_TROUBLES[what];
  if (group.destination === 'cloud-logs' || trouble === undefined) return roleGoes(group, afterMs, forMs);
  const { begin, end } = trouble;
  return [
    {
      afterMs,
      name: `bucket ${group.place} ${what}`,
      happen: (world, _, troubles) => {
        troubles.begin(group);
        world.cos.change(group.place, begin);
      },
    },
    {
      afterMs: afterMs + forMs,
      name: `bucket ${group.place} ${what} no more`,
      happen: (world, _, troubles) => {
        troubles.end(group);
        world.cos.change(group.place, end);
      },
    },
  ];
}

const keyEnds = (group: Group, afterMs: number, how: 'disabled' | 'deleted'): FleetEvent => ({
  afterMs,
  name: `the key of ${group.keyName} is ${how}`,
  happen: (world, invariants, troubles) => {
    troubles.count(group);
    const value = world.secretsManager.currentPayload(SECRETS_MANAGER_ID, group.secretId) ?? '';
    const key = world.iam.liveKeyByValue(value);
    if (key === undefined) return;
    world.catchUp();
    invariants.tampered.add(key.id);
    if (how === 'deleted') key.deletedAt = world.now();
    else {
      key.disabled = true;
      key.disabledAt = world.now();
    }
  },
});

/** A person disables a job and enables it later. In the last half hour of a failing job nobody could tell who did. */
function personAtJob(jobId: number, afterMs: number, forMs: number): readonly FleetEvent[] {
  let done = false;
  return [
    {
      afterMs,
      name: `a person disables job ${jobId}`,
      happen: (world, invariants, troubles) => {
        done = disableByHand(world, invariants, troubles, jobId);
      },
    },
    {
      afterMs: afterMs + forMs,
      name: `a person enables job ${jobId}`,
      happen: (world, invariants, troubles) => {
        if (done) enableByHand(world, invariants, troubles, jobId);
      },
    },
  ];
}

function disableByHand(world: World, invariants: Invariants, troubles: Troubles, jobId: number): boolean {
  const job = [...world.cis.jobs()].find(({ id }) => id === jobId);
  if (job === undefined || !job.enabled) return false;
  const failedForMs = (job.lastErrorAt ?? 0) - Math.max(job.lastCompleteAt ?? 0, job.enabledAt);
  if (failedForMs > hours(22)) return false;
  troubles.touched.add(jobId);
  invariants.disabledByHand.add(jobId);
  world.cis.setEnabled({ instanceCrn: job.instanceCrn, zoneId: job.zoneId, jobId }, false);
  return true;
}

function enableByHand(world: World, invariants: Invariants, troubles: Troubles, jobId: number): void {
  const job = [...world.cis.jobs()].find(({ id }) => id === jobId);
  if (job === undefined) return;
  troubles.touched.add(jobId);
  invariants.disabledByHand.delete(jobId);
  invariants.tampered.add(`job ${jobId}`);
  world.cis.setEnabled({ instanceCrn: job.instanceCrn, zoneId: job.zoneId, jobId }, true);
}

/**
 * A person enables what the platform has disabled although the cause is still there, and disables it again five hours
 * later; the keeper may be away when the platform and the person act.
 */
function inSpiteOf(jobId: number, afterMs: number, isAway: boolean): readonly FleetEvent[] {
  const away: readonly FleetEvent[] = [
    {
      afterMs: afterMs - hours(2),
      name: 'the keeper is stopped',
      happen: (_, __, troubles) => (troubles.stopped = true),
    },
    {
      afterMs: afterMs + hours(2),
      name: 'the keeper is started',
      happen: (_, __, troubles) => (troubles.stopped = false),
    },
  ];
  return [
    ...(isAway ? away : []),
    {
      afterMs,
      name: `a person enables job ${jobId} all the same`,
      happen: (world, invariants, troubles) => {
        const job = [...world.cis.jobs()].find(({ id }) => id === jobId);
        if (job?.enabled === false && job.wanted) enableByHand(world, invariants, troubles, jobId);
      },
    },
    {
      afterMs: afterMs + hours(5),
      name: `a person gives job ${jobId} up`,
      happen: (world, invariants, troubles) => void disableByHand(world, invariants, troubles, jobId),
    },
  ];
}

/** A service answers the keeper nothing but errors; Logpush itself goes on. */
const silence = (
  service: (typeof SERVICES)[number],
  afterMs: number,
  forMs: number,
): readonly FleetEvent[] => [
  {
    afterMs,
    name: `${service} does not answer`,
    happen: (world, _, troubles) => {
      troubles.silent.add(service);
      const respond = { kind: 'status', status: 503 } as const;
      world.faults.add({ match: { service }, after: 0, times: null, respond });
    },
  },
  {
    afterMs: afterMs + forMs,
    name: `${service} answers again`,
    happen: (world, _, troubles) => {
      troubles.silent.delete(service);
      world.faults.clear();
      const respond = { kind: 'status', status: 503 } as const;
      for (const other of troubles.silent)
        world.faults.add({ match: { service: other }, after: 0, times: null, respond });
    },
  },
];
