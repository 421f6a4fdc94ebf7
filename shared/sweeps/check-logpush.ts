import { type Finding, type FindingCode, finding } from '../domain/finding.ts';
import { type Classified, classifyJob, type Health, type JobMemory, rememberJob } from '../domain/health.ts';
import { jobKey, type LogpushJob } from '../domain/logpush.ts';
import { type JobReport, judgeOutcome } from '../domain/report.ts';
import { jobLabel } from '../domain/rotation/move-job.ts';
import { minutes } from '../domain/time.ts';
import {
  type CisInstance,
  describeError,
  isExpected,
  type SweepContext,
  type SweepResult,
} from './context.ts';
import { observeFleet, type ZoneLook } from './fleet.ts';
import { readObservation, type StoredObservation, writeObservation } from './observations.ts';

/** Which finding a class is; the classes that are fine have none. */
const FINDING_OF: Partial<Record<Health, FindingCode>> = {
  failing: 'job-failing',
  stalled: 'job-stalled',
  'disabled-by-failures': 'job-disabled-by-failures',
  'disabled-unclear': 'job-disabled-unclear',
  'disabled-by-hand': 'job-disabled-by-hand',
  unknown: 'job-unknown',
};

/** A job that pushed this lately shows that its zone has traffic. */
const MOVES_MS = minutes(15);

/**
 * Looks at every Logpush job of the fleet, says what state it is in, and leaves the observation in the ledger for the
 * next look. It changes nothing on IBM Cloud in any mode; a plan does not write the ledger either.
 */
export async function checkLogpush(context: SweepContext): Promise<SweepResult> {
  const findings: Finding[] = [];
  const jobs: JobReport[] = [];
  let failures = 0;
  let successes = 0;
  for (const instance of context.instances) {
    const before = await readObservation(context.ports.ledger, instance.crn);
    const after: Record<string, JobMemory> = {};
    let whole = true;
    for await (const look of observeFleet(context, [instance])) {
      if ('unreadable' in look) {
        failures += 1;
        whole = false;
        findings.push(unreadable(look));
        continue;
      }
      successes += 1;
      findings.push(...zoneFindings(look));
      for (const job of look.jobs) {
        const key = jobKey(job.ref);
        const classified = classifyJob(job, before.jobs[key], siblingMoves(job, look), look.answeredAt);
        after[key] = rememberJob(job, before.jobs[key], look.answeredAt);
        jobs.push(jobReport(job, look, classified));
        findings.push(...jobFinding(job, look, classified));
      }
    }
    // What was not seen this time is still remembered: it is unknown, not gone.
    await keep(context, instance, before, whole ? after : { ...before.jobs, ...after }, findings);
  }
  const outcome = judgeOutcome(findings, failures, successes);
  return { outcome, findings, actions: [], waiting: [], jobs, rotations: [] };
}

async function keep(
  context: SweepContext,
  instance: CisInstance,
  before: StoredObservation,
  jobs: Readonly<Record<string, JobMemory>>,
  findings: Finding[],
): Promise<void> {
  if (context.mode === 'plan') return;
  try {
    await writeObservation(context.ports.ledger, context.ports.random, instance.crn, { ...before, jobs });
  } catch (error) {
    if (!isExpected(error)) throw error;
    // What was seen is reported all the same; the next look only knows less.
    const detail = `the observation could not be kept: ${describeError(error)}`;
    findings.push(finding('ledger-unwritable', `instance ${instance.crn}`, detail));
  }
}

function unreadable(look: Extract<ZoneLook, { unreadable: string }>): Finding {
  return look.zone === undefined
    ? finding('instance-unreadable', `instance ${look.instance.crn}`, look.unreadable)
    : finding('zone-unreadable', `zone ${look.zone.name}`, look.unreadable);
}

type ReadableZone = Exclude<ZoneLook, { unreadable: string }>;

function zoneFindings({ zone, jobs }: ReadableZone): readonly Finding[] {
  if (jobs.length === 0 || (zone.status.toLowerCase() === 'active' && !zone.paused)) return [];
  const detail = zone.paused ? 'the zone is paused' : `the zone is ${zone.status}`;
  return [finding('zone-inactive', `zone ${zone.name}`, `${detail}; it has ${jobs.length} Logpush job(s)`)];
}

const siblingMoves = (job: LogpushJob, { jobs, answeredAt }: ReadableZone): boolean =>
  jobs.some(
    (other) =>
      other.ref.jobId !== job.ref.jobId &&
      other.enabled &&
      answeredAt - (other.lastCompleteAt ?? 0) <= MOVES_MS,
  );

function jobReport(job: LogpushJob, { zone }: ReadableZone, { health, reason }: Classified): JobReport {
  return {
    jobId: job.ref.jobId,
    label: jobLabel({ job, zone }),
    instanceCrn: job.ref.instanceCrn,
    zoneId: job.ref.zoneId,
    health,
    reason,
    ...(job.lastCompleteAt === undefined ? {} : { lastCompleteAt: job.lastCompleteAt }),
    ...(job.lastErrorAt === undefined ? {} : { lastErrorAt: job.lastErrorAt }),
  };
}

function jobFinding(job: LogpushJob, { zone }: ReadableZone, classified: Classified): readonly Finding[] {
  const code = FINDING_OF[classified.health];
  if (code === undefined) return [];
  return [finding(code, `job ${jobLabel({ job, zone })}`, classified.reason, classified.since)];
}
