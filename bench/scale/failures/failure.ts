import type { BreakageKind } from '../../../infra/local/breakage-kinds.ts';
import type { JobState } from '../../../infra/local/cis/state.ts';
import type { World } from '../../../infra/local/world.ts';
import { hours, minutes } from '../../../shared/domain/time.ts';
import type { Named } from '../way.ts';
import { breakNow, type Kind } from './kinds.ts';

/** From when people hear of a failure until they have done what is theirs to do: the same for all ways. */
export const REACTION_MS = minutes(60);

/** The platform disables after 24 hours. */
const LONGEST_FAILING_MS = hours(25);

/** One failure that is to come. */
export interface Planned {
  readonly breakage: BreakageKind;
  /** The job that it is done to; others that need the same are hit as well. */
  readonly jobId: number;
  /** When its cause begins. */
  readonly causeAt: number;
}

/** What became of one failure; what never came, while it was watched, is absent. */
export interface Fate extends Planned {
  /** From when its times count: from its cause on, or from when the platform disabled its jobs. */
  readonly at: number;
  /** How many jobs it hit. */
  readonly jobs: number;
  /** Milliseconds until somebody heard of it. */
  readonly detectedMs?: number;
  /** Milliseconds until the last of its jobs had pushed as it could not have with the cause in the way. */
  readonly repairedMs?: number;
  /** A person had a hand in that. */
  readonly byPerson: boolean;
  /** Of all its jobs, for good, until they were repaired or no longer watched. */
  readonly lostMinutes: number;
}

/** How a failure is watched. */
export interface Watch {
  readonly watchedMs: number;
  /** People who hear of a dead key make one by hand and give it to the jobs. */
  readonly makesKeys: boolean;
}

/** One failure from its cause to its repair, as the world knows it. */
export class Failure {
  readonly planned: Planned;
  readonly #kind: Kind;
  readonly #world: World;
  readonly #watch: Watch;
  #jobs: readonly JobState[] = [];
  /** Absent before it is broken, and once it is mended. */
  #undo: (() => void) | undefined;
  #keys: ReadonlyMap<number, string | undefined> = new Map();
  #at: number | undefined;
  #detectedAt: number | undefined;
  #actedAt: number | undefined;
  #repairedAt: number | undefined;

  constructor(planned: Planned, kind: Kind, world: World, watch: Watch) {
    this.planned = planned;
    this.#kind = kind;
    this.#world = world;
    this.#watch = watch;
  }

  get isToCome(): boolean {
    return this.#jobs.length === 0;
  }

  /** It is repaired, or was watched for long enough: nothing more counts. */
  get isOver(): boolean {
    if (this.#repairedAt !== undefined) return true;
    return this.#at !== undefined && this.#world.now() >= this.#at + this.#watch.watchedMs;
  }

  /** Its cause comes about. */
  begin(): void {
    const { jobId, breakage } = this.planned;
    const job = [...this.#world.cis.jobs()].find(({ id }) => id === jobId);
    if (job === undefined) throw new Error(`there is no Logpush job ${jobId}`);
    const { jobs, mend } = breakNow(this.#world, breakage, job);
    this.#jobs = jobs;
    this.#undo = mend;
    this.#keys = new Map(jobs.map(({ id, destination }) => [id, destination.apiKey]));
    if (this.#kind.endsBy !== 'itself') this.#at = this.#world.now();
  }

  /** Somebody hears of jobs, by a look that began at `sinceAt`. */
  hear(named: Named, sinceAt: number): void {
    if (this.#at === undefined || sinceAt < this.#at || this.#detectedAt !== undefined || this.isOver) return;
    const states = this.#jobs.flatMap(({ id }) => named.get(id) ?? []);
    // That it was failing says nothing of a job that has been disabled since.
    const isSeen = states.some((state) => this.#kind.endsBy !== 'itself' || state === 'disabled');
    if (isSeen) this.#detectedAt = this.#world.now();
  }

  /** What its owner would mend is put right. @returns the jobs that it kept from pushing; none if there is nothing to mend */
  mend(): readonly JobState[] {
    if (this.#kind.endsBy !== 'owner' || this.#undo === undefined) return [];
    this.#world.catchUp();
    this.#undo();
    this.#undo = undefined;
    return this.#jobs;
  }

  /** What is due now comes about; the world has caught up. */
  advance(): void {
    if (this.isToCome || this.isOver) return;
    if (this.#at === undefined) this.#endIfDisabled();
    else if (this.#isPersonDue()) this.#personActs();
    if (this.#jobs.every((job) => this.#isRepaired(job))) this.#repairedAt = this.#world.now();
  }

  fate(): Fate {
    const at = this.#at ?? this.#world.now();
    const until = this.#repairedAt ?? at + this.#watch.watchedMs;
    const { logpush } = this.#world;
    const lostMs = this.#jobs.reduce((sum, job) => sum + logpush.lostBetween(refOf(job), at, until), 0);
    return {
      ...this.planned,
      at,
      jobs: this.#jobs.length,
      ...(this.#detectedAt === undefined ? {} : { detectedMs: this.#detectedAt - at }),
      ...(this.#repairedAt === undefined ? {} : { repairedMs: this.#repairedAt - at }),
      byPerson: this.#actedAt !== undefined,
      lostMinutes: Math.ceil(lostMs / minutes(1)),
    };
  }

  /** The cause lasts until the platform has disabled all of its jobs, and no longer. */
  #endIfDisabled(): void {
    if (this.#jobs.some(({ enabled }) => enabled)) {
      if (this.#world.now() < this.planned.causeAt + LONGEST_FAILING_MS) return;
      throw new Error(`the platform does not disable the jobs of a ${this.planned.breakage}`);
    }
    this.#undo?.();
    this.#undo = undefined;
    this.#at = this.#world.now();
  }

  #isPersonDue(): boolean {
    if (this.#detectedAt === undefined || this.#actedAt !== undefined) return false;
    return this.#world.now() >= this.#detectedAt + REACTION_MS;
  }

  /** They mend what is theirs, and enable what is still disabled. */
  #personActs(): void {
    const { endsBy } = this.#kind;
    if (endsBy === 'another-key' && !this.#watch.makesKeys) return;
    this.#actedAt = this.#world.now();
    if (endsBy === 'another-key') this.#makeKey();
    this.mend();
    for (const job of this.#jobs) if (!job.enabled) this.#world.cis.setEnabled(refOf(job), true);
  }

  #makeKey(): void {
    const { iam, cis } = this.#world;
    const [dead] = this.#keys.values();
    const deadId = iam.keyIdOf(dead);
    const { iamId = '', accountId = '' } = iam.keys().find(({ id }) => id === deadId) ?? {};
    const [id, value] = [`${deadId}-by-hand`, `TRACER-made-by-hand-in-place-of-${deadId}`];
    const createdAt = this.#world.now() - minutes(1);
    iam.addKey({ id, name: id, iamId, accountId, value, createdAt, disabled: false, locked: false });
    for (const job of this.#jobs) cis.setDestinationKey(refOf(job), value);
  }

  #isRepaired(job: JobState): boolean {
    if (this.#kind.endsBy !== 'another-key')
      return this.#at !== undefined && (job.lastCompleteAt ?? 0) > this.#at && job.lastErrorAt === undefined;
    // A token of the dead key may go on for a while; only another key proves it.
    const key = this.#world.logpush.lastDeliveredWith(refOf(job));
    return key !== undefined && key !== this.#keys.get(job.id);
  }
}

const refOf = ({ instanceCrn, zoneId, id: jobId }: JobState) => ({ instanceCrn, zoneId, jobId });
