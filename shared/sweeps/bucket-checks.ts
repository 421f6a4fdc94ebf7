import pLimit from 'p-limit';
import type { Binding } from '../domain/binding.ts';
import { type Arrivals, judgeArrival, lateAfterMs, nameAt, prefixesOf } from '../domain/buckets/arrival.ts';
import { judgeLimits } from '../domain/buckets/limits.ts';
import { foreignPrefixes } from '../domain/buckets/paths.ts';
import { judgeMissing } from '../domain/buckets/presence.ts';
import { absentLimits, accountOf, type Limit, shownLimits } from '../domain/buckets/shown.ts';
import { type Finding, finding } from '../domain/finding.ts';
import { type CosDestination, destinationName } from '../domain/logpush.ts';
import type { BucketRef, BucketsPort } from '../ports.ts';
import type { SweepContext } from './context.ts';
import type { SeenJob } from './observe.ts';
import type { WriteAccess } from './write-access.ts';

/** A folder of one day is listed up to here: 1,000 objects a page. */
const MOST_PAGES = 20;
/** Jobs of one bucket that are looked at at once. */
const PARALLEL_JOBS = 4;

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

type Head = Awaited<ReturnType<BucketsPort['head']>>;
type Configuration = Awaited<ReturnType<BucketsPort['configuration']>>;

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
  { all, access }: Pick<JobLook, 'all' | 'access'>,
): Promise<readonly Finding[]> {
  const buckets = context.ports.services.buckets(account);
  const [head, configuration] = await Promise.all([buckets.head(bucket), buckets.configuration(bucket.name)]);
  const subject = `bucket ${bucket.name} (${bucket.location})`;
  if (head.verdict === 'no' && head.status === 404)
    return [await missing(buckets, bucket, jobs, configuration)];
  const now = (head.verdict === 'yes' ? head.answeredAt : undefined) ?? context.ports.clock.now();
  const rootKeyCrn = head.verdict === 'yes' ? head.rootKeyCrn : undefined;
  const look: JobLook = { buckets, bucket, rootKeyCrn, now, all, access };
  const limit = pLimit(PARALLEL_JOBS);
  const isShown = head.verdict === 'yes';
  const looks = await Promise.all(jobs.map((one) => limit(() => verifyJob(look, one, isShown))));
  const unseen = headFinding(head, subject, jobs);
  // Where nothing at all could be seen, one finding says so.
  const isSeen = unseen === undefined || configuration.verdict === 'yes';
  const limits = judgeLimits(
    {
      subject,
      configuration:
        configuration.verdict === 'yes' ? configuration.configuration : { unseen: why(configuration) },
      ...(rootKeyCrn === undefined ? {} : { rootKeyCrn }),
      shown: await shown(access, account, bucket, { head, configuration }, context.ports.clock.now()),
      instances: [...new Set(jobs.map(({ destination }) => destination.instanceId))],
      arrives: looks.some(({ arrives }) => arrives),
      failing: jobs
        .filter(({ classified: { health } }) => health === 'failing' || health === 'disabled-by-failures')
        .map(({ label }) => `job ${label}`),
    },
    now,
  );
  return [
    ...(unseen === undefined ? [] : [unseen]),
    ...(isSeen ? limits : []),
    ...[...new Set(looks.map(({ unclear }) => unclear))].flatMap((detail) =>
      detail === undefined ? [] : [finding('bucket-write-unclear', subject, detail)],
    ),
    ...looks.flatMap(({ findings }) => findings),
  ];
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
  const refused = finding('bucket-write-not-granted', `job ${one.label}`, may.detail);
  return { ...seen, findings: [...seen.findings, refused] };
}

interface JobLooked {
  readonly findings: readonly Finding[];
  readonly arrives: boolean;
  /** Why it could not be told whether its identity may write. */
  readonly unclear?: string;
}

/** A bucket of another location and one that is gone are answered alike: the listing of the instance tells them apart. */
async function missing(
  buckets: BucketsPort,
  bucket: BucketRef,
  jobs: readonly CosJob[],
  configuration: Configuration,
): Promise<Finding> {
  const instanceId =
    configuration.verdict === 'yes'
      ? configuration.configuration.instanceId
      : (jobs[0]?.destination.instanceId ?? '');
  const listed = await buckets.locate(bucket, instanceId);
  return judgeMissing({
    bucket,
    jobs: jobs.map(({ label }) => label),
    known:
      configuration.verdict === 'yes'
        ? true
        : configuration.verdict === 'no' && configuration.status === 404
          ? false
          : undefined,
    listed: listed.verdict === 'yes' ? (listed.location ?? 'nowhere') : undefined,
  });
}

/** Nothing in the answers tells what would have been shown if it were there; the keeper's own policies may. */
async function shown(
  access: WriteAccess,
  account: string,
  { name }: BucketRef,
  { head, configuration }: { readonly head: Head; readonly configuration: Configuration },
  now: number,
): Promise<ReadonlySet<Limit>> {
  if (configuration.verdict !== 'yes') return new Set();
  const { configuration: seen } = configuration;
  const accountId = accountOf(seen);
  // A HEAD that was not answered shows no root key to anybody.
  const absent = absentLimits(seen, head.verdict === 'yes' ? head.rootKeyCrn : undefined).filter(
    (limit) => limit !== 'root key' || head.verdict === 'yes',
  );
  if (absent.length === 0 || accountId === undefined) return new Set();
  const own = await access.ofKeeper(account, accountId);
  return shownLimits(absent, own, { accountId, instanceId: seen.instanceId, bucket: name }, now);
}

function headFinding(head: Head, subject: string, jobs: readonly CosJob[]): Finding | undefined {
  const where = `jobs ${jobs.map(({ label }) => label).join(', ')}`;
  if (head.verdict === 'unknown') return finding('bucket-unclear', subject, `${head.reason}; ${where}`);
  if (head.verdict === 'yes') return undefined;
  return finding('bucket-check-refused', subject, `HEAD bucket is answered ${head.status}; ${where}`);
}

const why = (configuration: Exclude<Configuration, { verdict: 'yes' }>): string =>
  configuration.verdict === 'unknown'
    ? configuration.reason
    : configuration.status === 403
      ? 'its configuration is refused (403): it takes Reader (cloud-object-storage.bucket.get_basic), for the quota Writer, for the firewall Manager'
      : `its configuration is answered ${configuration.status}`;

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
