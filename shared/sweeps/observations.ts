import * as z from 'zod';
import { LINKS } from '../domain/diagnosis/chain.ts';
import type { SeenZone } from '../domain/diagnosis/zone.ts';
import { type Classified, HEALTHS, type Health, type JobMemory } from '../domain/health.ts';
import { jsonIn } from '../domain/json.ts';
import { isOfNewer, whyUnread } from '../domain/ledger-document.ts';
import type { Destination, LogpushJob, LogpushJobRef, Zone } from '../domain/logpush.ts';
import type { Shard } from '../domain/shard.ts';
import { minutes } from '../domain/time.ts';
import { LedgerUnavailableError } from '../errors.ts';
import type { LedgerStore, Ports } from '../ports.ts';

/** One job as it was seen last, without its key, and what the looks before left behind. */
export interface ObservedJob extends JobMemory {
  readonly zone: SeenZone;
  readonly jobId: number;
  readonly name: string;
  readonly dataset: string;
  readonly frequency: string;
  readonly destination: Destination;
  readonly key: 'shown' | 'masked' | 'absent';
  readonly health: Health;
  /** The evidence, in a sentence. */
  readonly reason: string;
  readonly since?: number;
  readonly lastCompleteAt?: number;
  readonly lastErrorAt?: number;
  readonly errorMessage?: string;
}

export interface UnreadablePlace {
  readonly zone?: Pick<Zone, 'id' | 'name'>;
  readonly detail: string;
  /** The look had no time for the zone: when one last had; 0 = none ever. */
  readonly lookedAt?: number;
}

export interface SeenRetention {
  /** Absent = it could not be read so far. */
  readonly flag?: boolean;
  readonly readAt?: number;
  readonly triedAt: number;
}

/** What the last looks at one CIS instance left behind. */
export interface Observation {
  readonly jobs: Readonly<Record<string, ObservedJob>>;
  /** When the look began, and when it ended. */
  readonly seenAt: number;
  readonly endedAt: number;
  /** Zones that could not be read: their jobs are as an earlier look saw them. Without a zone: the whole instance. */
  readonly unreadable: readonly UnreadablePlace[];
  /** By zone id, whether log retention was on when that was read; only of zones whose jobs do not push. */
  readonly retention: Readonly<Record<string, SeenRetention>>;
}

/** One document of it, with what the next write must name. */
export interface StoredObservation extends Observation {
  readonly revision: number;
  readonly tag: string | undefined;
}

const DestinationWire = z.lazy(() =>
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('cloud-logs'), instanceId: z.string(), region: z.string() }),
    z.object({
      kind: z.literal('cos'),
      instanceId: z.string(),
      region: z.string(),
      bucket: z.string(),
      path: z.string(),
      dailySubfolder: z.boolean(),
    }),
    z.object({
      kind: z.literal('other'),
      system: z.enum(['logdna', 'splunk', 'qradar', 'https', 'unknown']),
    }),
    z.object({ kind: z.literal('unreadable'), reason: z.string() }),
  ]),
);
const OpenOutage = z.lazy(() =>
  z.object({
    from: z.number().exactOptional(),
    seenAt: z.number(),
    sureFrom: z.number(),
    sureUntil: z.number(),
    unsureMs: z.number(),
    unclear: z.boolean(),
  }),
);
const Outage = z.lazy(() =>
  OpenOutage.unwrap().extend({
    until: z.number(),
    ended: z.enum(['pushed', 'by-hand']),
    lost: z.object({ min: z.number(), max: z.number().exactOptional() }),
  }),
);
const Job = z.lazy(() =>
  z.object({
    firstSeenAt: z.number(),
    enabled: z.boolean(),
    enabledAt: z.number().exactOptional(),
    cleanAt: z.number().exactOptional(),
    pushedAt: z.number().exactOptional(),
    failing: z.boolean(),
    outage: OpenOutage.exactOptional(),
    outages: z.array(Outage),
    unwantedAt: z.number().exactOptional(),
    seenCause: z
      .object({
        text: z.string(),
        links: z.array(z.enum(LINKS)),
        byAddress: z.boolean(),
        blind: z.array(z.string()),
      })
      .exactOptional(),
    zone: z.object({
      id: z.string(),
      name: z.string(),
      status: z.string().exactOptional(),
      paused: z.boolean().exactOptional(),
    }),
    jobId: z.int(),
    name: z.string(),
    dataset: z.string(),
    frequency: z.string(),
    destination: DestinationWire,
    key: z.enum(['shown', 'masked', 'absent']),
    health: z.enum(HEALTHS),
    reason: z.string(),
    since: z.number().exactOptional(),
    lastCompleteAt: z.number().exactOptional(),
    lastErrorAt: z.number().exactOptional(),
    errorMessage: z.string().exactOptional(),
  }),
);
const SCHEMA = 2;
const Document = z.lazy(() =>
  z.object({
    schema: z.literal(SCHEMA),
    revision: z.int(),
    seenAt: z.number(),
    endedAt: z.number(),
    unreadable: z.array(
      z.object({
        zone: z.object({ id: z.string(), name: z.string() }).exactOptional(),
        detail: z.string(),
        lookedAt: z.number().exactOptional(),
      }),
    ),
    jobs: z.record(z.string(), Job),
    retention: z
      .record(
        z.string(),
        z.object({
          flag: z.boolean().exactOptional(),
          readAt: z.number().exactOptional(),
          triedAt: z.number(),
        }),
      )
      .default({}),
  }),
);

const folderOf = (instanceCrn: string): string => `observations/${instanceCrn.split(':').at(7) ?? 'unknown'}`;

const keyOf = (instanceCrn: string, { index, of }: Shard): string =>
  of === 1 ? `${folderOf(instanceCrn)}.json` : `${folderOf(instanceCrn)}/${index}-of-${of}.json`;

/** The shards that have left an observation of an instance; not who looks at all of it. */
export async function observedShards(ledger: LedgerStore, instanceCrn: string): Promise<readonly Shard[]> {
  const keys = await ledger.list(`${folderOf(instanceCrn)}/`);
  return keys.flatMap((key) => {
    const [, index = 0, of = 0] = (/\/(\d{1,4})-of-(\d{1,4})\.json$/.exec(key) ?? []).map(Number);
    return of > 1 && index < of ? [{ index, of }] : [];
  });
}

/**
 * What one shard has left. An observation of an earlier version, or one that is no observation at all, counts as none: the next
 * look replaces it, and what was known of the jobs is lost as with a first look.
 *
 * @throws {LedgerUnavailableError} when the store cannot be read, or a newer version wrote there
 */
export async function readPart(
  ledger: LedgerStore,
  instanceCrn: string,
  shard: Shard,
): Promise<StoredObservation> {
  const none = { ...NOTHING_SEEN, revision: 0 };
  const key = keyOf(instanceCrn, shard);
  const stored = await ledger.read(key);
  if (stored === undefined) return { ...none, tag: undefined };
  const json = jsonIn(stored.body);
  if (isOfNewer(json, SCHEMA))
    throw new LedgerUnavailableError(whyUnread(key, json, 'an observation', SCHEMA));
  const parsed = Document.safeParse(json);
  if (!parsed.success) return { ...none, tag: stored.tag };
  const { jobs, seenAt, endedAt, unreadable, retention, revision } = parsed.data;
  return { jobs, seenAt, endedAt, unreadable, retention, revision, tag: stored.tag };
}

/** @throws {LedgerConflictError} when another run was faster; its observation is as good as ours */
export async function writePart(
  { ledger, random }: Pick<Ports, 'ledger' | 'random'>,
  instanceCrn: string,
  shard: Shard,
  observation: StoredObservation,
): Promise<void> {
  const document = {
    schema: SCHEMA,
    revision: observation.revision + 1,
    nonce: random.hex(16),
    instanceCrn,
    seenAt: observation.seenAt,
    endedAt: observation.endedAt,
    unreadable: observation.unreadable,
    retention: observation.retention,
    jobs: observation.jobs,
  };
  await ledger.write(keyOf(instanceCrn, shard), `${JSON.stringify(document)}\n`, observation.tag);
}

/** Nobody has looked. */
export const NOTHING_SEEN: Observation = { jobs: {}, seenAt: 0, endedAt: 0, unreadable: [], retention: {} };

/** An observation this young is taken instead of a look of one's own; what is to be changed is read again. */
const FRESH_MS = minutes(6);

/** Whether a look ended that lately. One that ends far in the future has been dated by a clock that was ahead: how old it is nobody knows. */
export const isYoung = ({ endedAt }: Pick<Observation, 'endedAt'>, now: number): boolean =>
  Math.abs(now - endedAt) <= FRESH_MS;

/** The jobs of the zones that the last look could read. */
export function currentJobs({ jobs, unreadable }: Observation): readonly ObservedJob[] {
  const blind = new Set(unreadable.map(({ zone }) => zone?.id));
  return Object.values(jobs).filter(({ zone }) => !blind.has(zone.id));
}

/** The job as the observation shows it. */
export function observedJob(instanceCrn: string, observed: ObservedJob): LogpushJob {
  const { zone, jobId, name, dataset, frequency, destination, key, enabled } = observed;
  const { lastCompleteAt, lastErrorAt, errorMessage } = observed;
  const ref: LogpushJobRef = { instanceCrn, zoneId: zone.id, jobId };
  return {
    ref,
    name,
    dataset,
    enabled,
    frequency,
    destination,
    destinationKey: key === 'shown' ? { state: 'withheld' } : { state: key },
    ...(lastCompleteAt === undefined ? {} : { lastCompleteAt }),
    ...(lastErrorAt === undefined ? {} : { lastErrorAt }),
    ...(errorMessage === undefined ? {} : { errorMessage }),
  };
}

/** What of a job is kept. */
export function observe(
  job: LogpushJob,
  { id, name, status, paused }: SeenZone,
  { health, reason, since }: Classified,
  memory: JobMemory,
): ObservedJob {
  const { destinationKey, lastCompleteAt, lastErrorAt, errorMessage } = job;
  const { state } = destinationKey;
  return {
    ...memory,
    zone: {
      id,
      name,
      ...(status === undefined ? {} : { status }),
      ...(paused === undefined ? {} : { paused }),
    },
    jobId: job.ref.jobId,
    name: job.name,
    dataset: job.dataset,
    frequency: job.frequency,
    destination: job.destination,
    key: state === 'visible' || state === 'withheld' ? 'shown' : state,
    health,
    reason,
    ...(since === undefined ? {} : { since }),
    ...(lastCompleteAt === undefined ? {} : { lastCompleteAt }),
    ...(lastErrorAt === undefined ? {} : { lastErrorAt }),
    ...(errorMessage === undefined ? {} : { errorMessage }),
  };
}
