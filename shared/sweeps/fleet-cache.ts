import { jobKey, type LogpushJob, type LogpushJobRef, type Zone } from '../domain/logpush.ts';
import { isIn } from '../domain/shard.ts';
import { minutes } from '../domain/time.ts';
import { LedgerUnavailableError } from '../errors.ts';
import type { CisInstance, SweepContext } from './context.ts';
import { observeFleet } from './fleet.ts';
import { readObservation, splitByAge } from './observation-parts.ts';
import { currentJobs, observedJob } from './observations.ts';

/** The Logpush jobs of one zone, or the reason why they are not known. */
export type ZoneJobs =
  | { readonly zone: Pick<Zone, 'id' | 'name'>; readonly jobs: readonly LogpushJob[] }
  | { readonly unreadable: string };

interface Look {
  readonly endedAt: number;
  readonly zones: readonly ZoneJobs[];
}

/** Until when nobody asks for a newer one. */
type Observed = Look & { readonly servesUntil: number };

/** Nothing is taken from anybody on a look that ended longer ago than this. */
const NOW_MS = minutes(1);
/** Whatever else happens in a run, waits for a new key included. */
const SAME_RUN_MS = minutes(15);
/** What is changed was read at most this long before. */
const CHANGE_MS = minutes(6);

/**
 * What a run knows of the fleet, for all bindings: each zone is read as rarely as what is decided on it allows. It is read
 * through the services of whoever asks, which may be guarded by a lease.
 */
export class FleetCache {
  /** Looks of this run, by instance. */
  readonly #looks = new Map<string, Look>();
  /** The newest observation that this run has started from, by instance. */
  readonly #observed = new Map<string, Observed>();
  /** Zones of which jobs were to be changed. */
  readonly #zones = new Map<string, { readonly readAt: number; readonly jobs: readonly LogpushJob[] }>();

  /** The fleet as it is now, with the keys that CIS shows. */
  now(context: SweepContext): Promise<readonly ZoneJobs[]> {
    return allOf(context, (instance) => this.#look(context, instance, NOW_MS));
  }

  /** The fleet as it was lately: as this run has seen it, else as `check-logpush` has observed it, else as it is now. */
  lately(context: SweepContext): Promise<readonly ZoneJobs[]> {
    return allOf(context, async (instance) => {
      const own = this.#own(context, instance, SAME_RUN_MS);
      return own ?? (await this.#seen(context, instance)) ?? this.#look(context, instance, SAME_RUN_MS);
    });
  }

  /** A job that is about to be changed. @returns undefined when CIS does not list it */
  async current(
    context: SweepContext,
    { instanceCrn, zoneId, jobId }: LogpushJobRef,
  ): Promise<LogpushJob | undefined> {
    const instance = context.instances.find(({ crn }) => crn === instanceCrn);
    if (instance === undefined) throw new Error(`no configured instance ${instanceCrn}`);
    const jobs = this.#own(context, instance, CHANGE_MS)?.flatMap((look) =>
      'jobs' in look ? look.jobs : [],
    );
    const key = jobKey({ instanceCrn, zoneId, jobId });
    const known = jobs?.find(({ ref }) => jobKey(ref) === key);
    if (known !== undefined) return known;
    return (await this.#zone(context, instance, zoneId)).find(({ ref }) => ref.jobId === jobId);
  }

  #own({ ports }: SweepContext, { crn }: CisInstance, maxAgeMs: number): readonly ZoneJobs[] | undefined {
    return ifYoung(this.#looks.get(crn), ports.clock.now(), maxAgeMs);
  }

  /** A fresh observation; or the one that this run has started from, which serves as long as a look of its own would. */
  async #seen(context: SweepContext, instance: CisInstance): Promise<readonly ZoneJobs[] | undefined> {
    const now = context.ports.clock.now();
    // All bindings ask, and of a fleet in shards an answer is a document of each.
    if (now > (this.#observed.get(instance.crn)?.servesUntil ?? 0)) {
      const fresh = await observed(context, instance);
      if (fresh !== undefined) this.#observed.set(instance.crn, fresh);
    }
    return ifYoung(this.#observed.get(instance.crn), context.ports.clock.now(), SAME_RUN_MS);
  }

  async #look(context: SweepContext, instance: CisInstance, maxAgeMs: number): Promise<readonly ZoneJobs[]> {
    const own = this.#own(context, instance, maxAgeMs);
    if (own !== undefined) return own;
    const zones = await Array.fromAsync(observeFleet(context, [instance]));
    this.#looks.set(instance.crn, { endedAt: context.ports.clock.now(), zones });
    return zones;
  }

  async #zone(
    { ports: { clock, services } }: SweepContext,
    { crn, account }: CisInstance,
    zoneId: string,
  ): Promise<readonly LogpushJob[]> {
    const key = `${crn}/${zoneId}`;
    const known = this.#zones.get(key);
    if (known !== undefined && clock.now() - known.readAt <= CHANGE_MS) return known.jobs;
    const readAt = clock.now();
    const { jobs } = await services.cis(account).listLogpushJobs(crn, zoneId);
    this.#zones.set(key, { readAt, jobs });
    return jobs;
  }
}

const ifYoung = (look: Look | undefined, now: number, maxAgeMs: number): readonly ZoneJobs[] | undefined =>
  look !== undefined && now - look.endedAt <= maxAgeMs ? look.zones : undefined;

async function allOf(
  { instances }: SweepContext,
  look: (instance: CisInstance) => Promise<readonly ZoneJobs[]>,
): Promise<readonly ZoneJobs[]> {
  const all: ZoneJobs[] = [];
  for (const instance of instances) all.push(...(await look(instance)));
  return all;
}

/** What is fresh of the observation; the zones of shards that are behind are read. */
async function observed(context: SweepContext, instance: CisInstance): Promise<Observed | undefined> {
  const { ledger, clock } = context.ports;
  try {
    const askedAt = clock.now();
    const { fresh, behind } = splitByAge(await readObservation(ledger, instance.crn), askedAt);
    if (fresh === undefined) return undefined;
    const { endedAt } = fresh;
    const zones: ZoneJobs[] = [
      ...currentJobs(fresh).map((job) => ({ zone: job.zone, jobs: [observedJob(instance.crn, job)] })),
      ...fresh.unreadable.map(({ detail }) => ({ unreadable: detail })),
    ];
    if (behind.length === 0) return { endedAt, zones, servesUntil: askedAt + NOW_MS };
    const isBehind = ({ id }: Zone): boolean => behind.some((shard) => isIn(shard, id));
    for await (const look of observeFleet(context, [instance], (all) => all.filter(isBehind)))
      zones.push(look);
    return { endedAt, zones, servesUntil: endedAt + SAME_RUN_MS };
  } catch (error) {
    // The observation only saves calls.
    if (error instanceof LedgerUnavailableError) return undefined;
    throw error;
  }
}
