import type { BreakageKind } from '../../../infra/local/breakage-kinds.ts';
import { SeededRandom } from '../../../infra/local/random.ts';
import { hours, minutes } from '../../../shared/domain/time.ts';
import { BenchCloud } from '../cloud.ts';
import type { Named, Stage, Way } from '../way.ts';
import { Failure, type Fate, type Planned, type Watch } from './failure.ts';
import { fits, type Kind } from './kinds.ts';
import { failuresWorld } from './world.ts';

/** How large a fleet is, and what becomes of it. */
export interface Plan extends Watch {
  readonly zones: number;
  /** One for each team of the fleet. */
  readonly failures: number;
  /** They come within this time, one in each equal part of it. */
  readonly spreadMs: number;
  readonly seed: number;
}

/** Both limits that IBM publishes. @see https://cloud.ibm.com/docs/cis?topic=cis-known-issues */
const LIMIT = { name: 'both', perMinute: 100, perFiveMinutes: 1200 };
/** Before anything fails everybody has looked once at least. */
const QUIET_MS = hours(1);

/**
 * Lets one kind of failure happen to a fleet that is watched over in one way. A plan breaks the same jobs at the same instants,
 * whoever watches.
 */
export async function fatesOf(kind: Kind, way: Way, plan: Plan): Promise<readonly Fate[]> {
  const scene = new Scene(kind, plan);
  // What a way does on its schedules has no end; it may only fail.
  await scene.cloud.clock.run(Promise.race([scene.live(), ...way.lives(scene)]));
  return scene.failures.map((failure) => failure.fate());
}

class Scene implements Stage {
  readonly cloud: BenchCloud;
  readonly failures: readonly Failure[];

  constructor(kind: Kind, plan: Plan) {
    this.cloud = new BenchCloud(failuresWorld(plan.zones, plan.failures), LIMIT, plan.seed);
    const { world } = this.cloud;
    this.failures = planned(kind, plan, this.cloud).map((one) => new Failure(one, kind, world, plan));
  }

  readonly tell = (named: Named, sinceAt: number): void => {
    for (const failure of this.failures) failure.hear(named, sinceAt);
  };

  readonly putBack = (): Named => {
    const hit = this.failures.flatMap((failure) => failure.mend());
    return new Map(hit.map(({ id }) => [id, 'failing']));
  };

  /** Minute by minute, as pushes go, until every failure is over. */
  async live(): Promise<void> {
    const { clock, world } = this.cloud;
    while (this.failures.some(({ isOver }) => !isOver)) {
      const next = (Math.floor(clock.now() / minutes(1)) + 1) * minutes(1);
      for (const failure of this.failures) {
        if (!failure.isToCome || failure.planned.causeAt >= next) continue;
        await clock.sleep(failure.planned.causeAt - clock.now());
        failure.begin();
      }
      await clock.sleep(next - clock.now());
      world.catchUp();
      for (const failure of this.failures) failure.advance();
    }
  }
}

/** In the order of time; each is done to a job of another team. */
function planned(kind: Kind, { failures, spreadMs, seed }: Plan, { world }: BenchCloud): readonly Planned[] {
  const random = new SeededRandom(seed).fork(kind.name);
  const zones = world.file.cis.flatMap((instance) => instance.zones);
  return Array.from({ length: failures }, (_, turn) => {
    const breakage = kind.breakages[turn % kind.breakages.length] as BreakageKind;
    const ofTeam = new Set(zones.filter((__, index) => index % failures === turn).map(({ id }) => id));
    const jobs = [...world.cis.jobs()].filter((job) => ofTeam.has(job.zoneId) && fits(breakage, job, turn));
    const afterMs = Math.floor(((turn + random.next()) * spreadMs) / failures);
    return { breakage, jobId: random.pick(jobs).id, causeAt: world.file.startsAt + QUIET_MS + afterMs };
  });
}
