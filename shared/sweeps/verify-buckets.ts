import { selects } from '../domain/binding.ts';
import { type Arrivals, judgeArrival, lateAfterMs, nameAt, prefixesOf } from '../domain/buckets.ts';
import { type Finding, finding } from '../domain/finding.ts';
import { type CosDestination, destinationName } from '../domain/logpush.ts';
import { type JobReport, judgeOutcome } from '../domain/report.ts';
import type { BucketRef } from '../ports.ts';
import { jobReport } from './check-logpush.ts';
import type { SweepContext, SweepResult } from './context.ts';
import { type SeenJob, seenInstance } from './observe.ts';

/** A folder of one day is listed up to here: 1,000 objects a page. */
const MOST_PAGES = 20;

interface CosJob extends SeenJob {
  readonly destination: CosDestination;
}

/**
 * Checks for each job that pushes to a bucket whether the bucket is there, whether the job has its path alone, and whether
 * what it says it pushed has arrived. It only reads, in any mode: with the rights of the account whose binding selects the
 * job, else of the account of its CIS instance. A refusal of our own look says nothing about the job's writing.
 */
export async function verifyBuckets(context: SweepContext): Promise<SweepResult> {
  const findings: Finding[] = [];
  const jobs: JobReport[] = [];
  let failures = 0;
  let successes = 0;
  const found: CosJob[] = [];
  for (const instance of context.instances) {
    const seen = await seenInstance(context, instance);
    failures += seen.failures;
    successes += seen.successes;
    findings.push(...seen.findings);
    for (const one of seen.jobs)
      if (one.job.destination.kind === 'cos') found.push({ ...one, destination: one.job.destination });
  }
  jobs.push(...found.map(jobReport));
  findings.push(...sharedPaths(found), ...found.flatMap((one) => unbound(context, one)));
  const heads = new Heads(context);
  for (const one of found) findings.push(...(await verify(context, heads, one)));
  const outcome = judgeOutcome(findings, failures, successes);
  return { outcome, findings, actions: [], waiting: [], jobs, rotations: [] };
}

/** Jobs of one path overwrite and mix what they push: range, firewall and DNS events need paths of their own. */
function sharedPaths(jobs: readonly CosJob[]): readonly Finding[] {
  const byPath = new Map<string, CosJob[]>();
  for (const job of jobs) {
    const { bucket, path } = job.destination;
    const key = `${bucket}/${path}`;
    byPath.set(key, [...(byPath.get(key) ?? []), job]);
  }
  return [...byPath]
    .filter(([, sharing]) => sharing.length > 1)
    .map(([path, sharing]) =>
      finding('bucket-path-shared', `bucket ${path}`, `jobs ${sharing.map(({ label }) => label).join(', ')}`),
    );
}

/** A job that shows no key has none, or has one that nobody rotates. */
function unbound({ bindings }: SweepContext, { job, zone, label, destination }: CosJob): readonly Finding[] {
  if (job.destinationKey.state !== 'absent' || bindings.some((binding) => selects(binding, job, zone)))
    return [];
  const detail = `${destinationName(destination)}: it shows no key, and no binding selects it`;
  return [finding('bucket-job-unbound', `job ${label}`, detail)];
}

type Head = Awaited<ReturnType<ReturnType<SweepContext['ports']['services']['buckets']>['head']>>;

/** Each bucket is asked for once a run. */
class Heads {
  readonly #context: SweepContext;
  readonly #known = new Map<string, Promise<Head>>();

  constructor(context: SweepContext) {
    this.#context = context;
  }

  of(account: string, bucket: BucketRef): Promise<Head> {
    const key = `${account} ${bucket.location}/${bucket.name}`;
    const known = this.#known.get(key) ?? this.#context.ports.services.buckets(account).head(bucket);
    this.#known.set(key, known);
    return known;
  }
}

async function verify(context: SweepContext, heads: Heads, one: CosJob): Promise<readonly Finding[]> {
  const { destination, job, zone, label, classified } = one;
  const account =
    context.bindings.find((binding) => selects(binding, job, zone))?.account ??
    context.instances.find(({ crn }) => crn === job.ref.instanceCrn)?.account ??
    '';
  const bucket = { name: destination.bucket, location: destination.region };
  const subject = `job ${label}`;
  const where = destinationName(destination);
  const head = await heads.of(account, bucket);
  if (head.verdict === 'unknown') return [finding('bucket-unclear', subject, head.reason)];
  if (head.verdict === 'no') {
    const code = head.status === 404 ? 'bucket-absent' : 'bucket-check-refused';
    return [finding(code, subject, `${where}: HEAD bucket is answered ${head.status}`)];
  }
  const now = head.answeredAt ?? context.ports.clock.now();
  const arrivals = await arrivalsOf(context, account, one, bucket, now);
  if ('code' in arrivals) return [finding(arrivals.code, subject, `${where}: ${arrivals.detail}`)];
  const judged = judgeArrival(job, classified.health, arrivals, now);
  if (!('detail' in judged)) return [];
  const code = judged.verdict === 'missing' ? 'bucket-objects-missing' : 'bucket-unclear';
  return [finding(code, subject, `${where}: ${judged.detail}`)];
}

/** One fresh object is proof enough; its absence needs the whole folder. */
async function arrivalsOf(
  context: SweepContext,
  account: string,
  { destination, job }: CosJob,
  bucket: BucketRef,
  now: number,
): Promise<Arrivals | { readonly code: 'bucket-check-refused' | 'bucket-unclear'; readonly detail: string }> {
  const buckets = context.ports.services.buckets(account);
  const lateMs = lateAfterMs(job);
  let seen: Arrivals = { complete: true };
  for (const quick of [true, false]) {
    seen = { complete: true };
    for (const prefix of prefixesOf(destination, now, lateMs)) {
      const startAfter = quick ? { startAfter: `${prefix}${nameAt(now - lateMs)}` } : {};
      const look = await buckets.newest(bucket, { prefix, ...startAfter, maxPages: quick ? 1 : MOST_PAGES });
      if (look.verdict === 'no')
        return { code: 'bucket-check-refused', detail: `a listing is answered ${look.status}` };
      if (look.verdict === 'unknown') return { code: 'bucket-unclear', detail: look.reason };
      const newestAt = Math.max(look.newestAt ?? 0, seen.newestAt ?? 0);
      seen = { complete: seen.complete && look.complete, ...(newestAt === 0 ? {} : { newestAt }) };
    }
    if (seen.newestAt !== undefined && now - seen.newestAt <= lateMs) return seen;
  }
  return seen;
}
