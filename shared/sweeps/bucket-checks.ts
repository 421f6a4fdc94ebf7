import pLimit from 'p-limit';
import type { Binding } from '../domain/binding.ts';
import { type Arrivals, judgeArrival, lateAfterMs, nameAt, prefixesOf } from '../domain/buckets/arrival.ts';
import { foreignPrefixes } from '../domain/buckets/paths.ts';
import { type Finding, finding } from '../domain/finding.ts';
import { type CosDestination, destinationName } from '../domain/logpush.ts';
import { namedJobs } from '../domain/named-jobs.ts';
import type { BucketRef, BucketsPort } from '../ports.ts';
import { type BucketLook, type BucketLooks, isMissing, rootKeyOf } from './bucket-looks.ts';
import type { SweepContext } from './context.ts';
import type { SeenJob } from './observe.ts';
import type { WriteAccess } from './write-access.ts';

/** A folder of one day is listed up to here: 1,000 objects a page. */
const MOST_PAGES = 20;
/** Jobs of one bucket that are looked at at once. */
const PARALLEL_JOBS = 4;
/** Places in a bucket where an identity may not write that its finding tells. */
const PLACES = 3;

export interface CosJob extends SeenJob {
  readonly destination: CosDestination;
  /** Whose key it carries, where that is known. */
  readonly binding?: Binding;
}

/** A bucket, the account whose rights look into it, and the jobs that push there. */
export interface BucketJobs {
  readonly account: string;
  readonly bucket: BucketRef;
  readonly jobs: readonly CosJob[];
}

/** What the checks of one job share. */
interface JobLook {
  readonly access: WriteAccess;
  readonly buckets: BucketsPort;
  readonly bucket: BucketRef;
  readonly rootKeyCrn: string | undefined;
  /** COS's clock. */
  readonly now: number;
  /** Every job of the fleet that pushes to a bucket. */
  readonly all: readonly CosJob[];
}

/** What is told about a bucket is told once, what is told about a job once a job. */
export async function verifyBucket(
  context: SweepContext,
  { account, bucket, jobs }: BucketJobs,
  { all, access, looks }: Pick<JobLook, 'all' | 'access'> & { readonly looks: BucketLooks },
): Promise<readonly Finding[]> {
  const seen = await looks.of(account, bucket);
  const { head, configuration, subject } = seen;
  const pushing = {
    instances: [...new Set(jobs.map(({ destination }) => destination.instanceId))],
    jobs: jobs.map(({ label }) => label),
    failing: jobs
      .filter(({ classified: { health } }) => health === 'failing' || health === 'disabled-by-failures')
      .map(({ label }) => label),
    arrives: false,
  };
  if (isMissing(seen)) return [await looks.missing(seen, pushing)];
  const isShown = head.verdict === 'yes';
  const look: JobLook = {
    buckets: context.ports.services.buckets(account),
    bucket,
    rootKeyCrn: rootKeyOf(seen),
    now: (isShown ? head.answeredAt : undefined) ?? context.ports.clock.now(),
    all,
    access,
  };
  const limit = pLimit(PARALLEL_JOBS);
  const verified = await Promise.all(jobs.map((one) => limit(() => verifyJob(look, one, isShown))));
  const unseen = headFinding(head, subject, jobs);
  const arrives = verified.some((one) => one.arrives);
  // Where nothing at all could be seen, one finding says so.
  const isSeen = unseen === undefined || configuration.verdict === 'yes';
  return [
    ...(unseen === undefined ? [] : [unseen]),
    ...(isSeen ? await looks.limits(seen, { ...pushing, arrives }) : []),
    ...[...new Set(verified.map(({ unclear }) => unclear))].flatMap((detail) =>
      detail === undefined ? [] : [finding('bucket-write-unclear', subject, detail)],
    ),
    ...notGranted(bucket.name, verified),
    ...verified.flatMap(({ findings }) => findings),
  ];
}

/** One for each identity that may not write, however many jobs push as it; each place where it may not is told. */
function notGranted(bucket: string, verified: readonly JobLooked[]): readonly Finding[] {
  const refused = verified.flatMap((one) => (one.refused === undefined ? [] : [one.refused]));
  return [...Map.groupBy(refused, ({ iamId }) => iamId)].map(([iamId, jobs]) => {
    const places = [...Map.groupBy(jobs, ({ detail }) => detail)].map(
      ([detail, there]) => `${detail}: ${namedJobs(there.map(({ label }) => label))}`,
    );
    const rest = places.length > PLACES ? [`and ${places.length - PLACES} more places`] : [];
    return finding(
      'bucket-write-not-granted',
      `${iamId} on bucket ${bucket}`,
      [...places.slice(0, PLACES), ...rest].join('; '),
    );
  });
}

/**
 * Everything that is checked for one job. What arrives needs no proof that it may. IAM tells who may write where the
 * bucket does not let us look.
 */
async function verifyJob(look: JobLook, one: CosJob, isShown: boolean): Promise<JobLooked> {
  const seen: JobLooked = isShown ? await arrival(look, one) : { findings: [], arrives: false };
  if (seen.arrives || one.binding === undefined) return seen;
  const { account, accountId, iamId } = one.binding;
  const { destination } = one;
  const may = await look.access.judge({ account, accountId, iamId, destination });
  if (may.verdict === 'yes') return seen;
  if (may.verdict === 'unknown') return { ...seen, unclear: `${iamId}: ${may.detail}` };
  return { ...seen, refused: { iamId, detail: may.detail, label: one.label } };
}

interface JobLooked {
  readonly findings: readonly Finding[];
  readonly arrives: boolean;
  /** Why it could not be told whether its identity may write. */
  readonly unclear?: string;
  /** Its identity may not. */
  readonly refused?: { readonly iamId: string; readonly detail: string; readonly label: string };
}

function headFinding(
  head: BucketLook['head'],
  subject: string,
  jobs: readonly CosJob[],
): Finding | undefined {
  const where = namedJobs(jobs.map(({ label }) => label));
  if (head.verdict === 'unknown') return finding('bucket-unclear', subject, `${head.reason}; ${where}`);
  if (head.verdict === 'yes') return undefined;
  return finding('bucket-check-refused', subject, `HEAD bucket is answered ${head.status}; ${where}`);
}

async function arrival(look: JobLook, one: CosJob): Promise<JobLooked> {
  const { destination, job, label, classified } = one;
  const told = (code: Parameters<typeof finding>[0], detail: string) => ({
    findings: [finding(code, `job ${label}`, `${destinationName(destination)}: ${detail}`)],
    arrives: false,
  });
  const arrivals = await arrivalsOf(look, one);
  if ('code' in arrivals) return told(arrivals.code, arrivals.detail);
  const judged = judgeArrival(job, classified.health, arrivals, look.now);
  if (!('detail' in judged)) return { findings: [], arrives: judged.verdict === 'arrives' };
  return told(judged.verdict === 'missing' ? 'bucket-objects-missing' : 'bucket-unclear', judged.detail);
}

/** One fresh object is proof enough; its absence needs the whole folder. */
async function arrivalsOf(
  { buckets, bucket, rootKeyCrn, now, all }: JobLook,
  { destination, job }: CosJob,
): Promise<Arrivals | { readonly code: 'bucket-check-refused' | 'bucket-unclear'; readonly detail: string }> {
  const lateMs = lateAfterMs(job);
  const except = foreignPrefixes(destination, all);
  let seen: Arrivals = { complete: true };
  for (const quick of [true, false]) {
    seen = { complete: true };
    for (const prefix of prefixesOf(destination, now, lateMs)) {
      const startAfter = quick ? { startAfter: `${prefix}${nameAt(now - lateMs)}` } : {};
      const maxPages = quick ? 1 : MOST_PAGES;
      const look = await buckets.newest(bucket, { prefix, ...startAfter, maxPages, except });
      if (look.verdict === 'no') {
        const key = rootKeyCrn === undefined ? '' : `; it is encrypted with ${rootKeyCrn}`;
        const detail = `a listing is answered ${look.status}, HEAD bucket is not refused${key}`;
        return { code: 'bucket-check-refused', detail };
      }
      if (look.verdict === 'unknown') return { code: 'bucket-unclear', detail: look.reason };
      const newestAt = Math.max(look.newestAt ?? 0, seen.newestAt ?? 0);
      seen = { complete: seen.complete && look.complete, ...(newestAt === 0 ? {} : { newestAt }) };
    }
    if (seen.newestAt !== undefined && now - seen.newestAt <= lateMs) return seen;
  }
  return seen;
}
