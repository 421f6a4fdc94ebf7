import { claimOf } from '../domain/binding.ts';
import { type Finding, type FindingCode, finding } from '../domain/finding.ts';
import type { Health } from '../domain/health.ts';
import { whyUnclear } from '../domain/logpush.ts';
import { type JobReport, judgeOutcome } from '../domain/report.ts';
import type { SweepContext, SweepResult } from './context.ts';
import { observeInstance, type SeenJob } from './observe.ts';

/** Which finding a class is; the classes that are fine have none. */
const FINDING_OF: Partial<Record<Health, FindingCode>> = {
  failing: 'job-failing',
  stalled: 'job-stalled',
  'disabled-by-failures': 'job-disabled-by-failures',
  'disabled-unclear': 'job-disabled-unclear',
  'disabled-by-hand': 'job-disabled-by-hand',
  unknown: 'job-unknown',
};

/** Looks at every Logpush job of the fleet and says what state it is in. It changes nothing on IBM Cloud in any mode. */
export async function checkLogpush(context: SweepContext): Promise<SweepResult> {
  const findings: Finding[] = [];
  const jobs: JobReport[] = [];
  let failures = 0;
  let successes = 0;
  for (const instance of context.instances) {
    const seen = await observeInstance(context, instance);
    failures += seen.failures;
    successes += seen.successes;
    jobs.push(...seen.jobs.map(jobReport));
    findings.push(...seen.findings, ...seen.jobs.flatMap(jobFinding));
    findings.push(...seen.jobs.flatMap((one) => unclearKey(context, one)));
  }
  const outcome = judgeOutcome(findings, failures, successes);
  return { outcome, findings, actions: [], waiting: [], jobs, rotations: [] };
}

/** A job whose key nobody can tell stands in the way of a rotation long before one is due. */
function unclearKey({ bindings }: SweepContext, { job, zone, label }: SeenJob): readonly Finding[] {
  const concerned = bindings.filter((binding) => claimOf(binding, job, zone) === 'unclear');
  if (concerned.length === 0) return [];
  const detail = `${whyUnclear(job)}; it may carry the key of ${concerned.map(({ name }) => name).join(', ')}`;
  return [finding('destination-unreadable', `job ${label}`, detail)];
}

export const jobReport = ({ job, label, classified: { health, reason } }: SeenJob): JobReport => ({
  jobId: job.ref.jobId,
  label,
  instanceCrn: job.ref.instanceCrn,
  zoneId: job.ref.zoneId,
  health,
  reason,
  ...(job.lastCompleteAt === undefined ? {} : { lastCompleteAt: job.lastCompleteAt }),
  ...(job.lastErrorAt === undefined ? {} : { lastErrorAt: job.lastErrorAt }),
});

function jobFinding({ label, classified }: SeenJob): readonly Finding[] {
  const code = FINDING_OF[classified.health];
  return code === undefined ? [] : [finding(code, `job ${label}`, classified.reason, classified.since)];
}
