import pLimit from 'p-limit';
import { keyBindingOf, selects } from '../domain/binding.ts';
import { judgePaths } from '../domain/buckets/paths.ts';
import { type Finding, finding } from '../domain/finding.ts';
import { destinationName } from '../domain/logpush.ts';
import { type JobReport, judgeOutcome } from '../domain/report.ts';
import { type BucketJobs, type CosJob, verifyBucket } from './bucket-checks.ts';
import { BucketLooks } from './bucket-looks.ts';
import { jobReport } from './check-logpush.ts';
import type { SweepContext, SweepResult } from './context.ts';
import { seenInstance } from './observe.ts';
import { WriteAccess } from './write-access.ts';

/** Buckets that are looked into at once; their requests are paced anyway. */
const PARALLEL_BUCKETS = 4;

/**
 * Checks for each job that pushes to a bucket whether the bucket is there, what would refuse what is written, whether the
 * job has its path alone, and whether what it says it pushed has arrived. It only reads, in any mode: with the rights of
 * the account whose binding selects the job, else of the account of its CIS instance. A refusal of our own look says
 * nothing about the job's writing. The bucket of the ledger is looked at as well. A bucket costs one HEAD and one read of its configuration a run, a job one listing as
 * long as its objects arrive.
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
    for (const one of seen.jobs) {
      const { destination } = one.job;
      if (destination.kind !== 'cos') continue;
      const binding = keyBindingOf(context.bindings, one.job, one.zone);
      found.push({ ...one, destination, ...(binding === undefined ? {} : { binding }) });
    }
  }
  jobs.push(...found.map((one) => jobReport(one)));
  // A job that somebody keeps disabled beside its successor mixes nothing.
  const wanted = found.filter(({ classified }) => classified.health !== 'disabled-by-hand');
  findings.push(...judgePaths(wanted), ...found.flatMap((one) => unbound(context, one)));
  const access = new WriteAccess(context);
  const shared = { all: found, access, looks: new BucketLooks(context, access) };
  const limit = pLimit(PARALLEL_BUCKETS);
  const looks = byBucket(context, found).map((bucket) => limit(() => verifyBucket(context, bucket, shared)));
  // In the order of the jobs, so that a report reads the same whichever answer came first.
  for (const look of await Promise.all(looks)) findings.push(...look);
  findings.push(...((await context.ports.ledger.findings?.()) ?? []));
  const outcome = judgeOutcome(findings, failures, successes);
  return { outcome, findings, actions: [], waiting: [], jobs, rotations: [] };
}

/** Jobs by the bucket that they push to, as one account sees it. */
function byBucket(context: SweepContext, jobs: readonly CosJob[]): readonly BucketJobs[] {
  const account = ({ job, zone }: CosJob): string =>
    context.bindings.find((binding) => selects(binding, job, zone))?.account ??
    context.instances.find(({ crn }) => crn === job.ref.instanceCrn)?.account ??
    '';
  const buckets = new Map<string, { account: string; bucket: BucketJobs['bucket']; jobs: CosJob[] }>();
  for (const one of jobs) {
    const bucket = { name: one.destination.bucket, location: one.destination.region };
    const key = `${account(one)} ${bucket.location}/${bucket.name}`;
    const known = buckets.get(key) ?? { account: account(one), bucket, jobs: [] };
    known.jobs.push(one);
    buckets.set(key, known);
  }
  return [...buckets.values()];
}

/** A job that shows no key has none, or has one that nobody rotates. */
function unbound({ bindings }: SweepContext, { job, zone, label, destination }: CosJob): readonly Finding[] {
  if (job.destinationKey.state !== 'absent' || bindings.some((binding) => selects(binding, job, zone)))
    return [];
  const detail = `${destinationName(destination)}: it shows no key, and no binding selects it`;
  return [finding('bucket-job-unbound', `job ${label}`, detail)];
}
