import { type Finding, type FindingCode, finding } from '../domain/finding.ts';
import type { Health } from '../domain/health.ts';
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
  }
  const outcome = judgeOutcome(findings, failures, successes);
  return { outcome, findings, actions: [], waiting: [], jobs, rotations: [] };
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
