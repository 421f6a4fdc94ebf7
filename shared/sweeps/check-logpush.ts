import { claimOf } from '../domain/binding.ts';
import type { JobDiagnosis } from '../domain/diagnosis/conclude.ts';
import { FOUND_AS } from '../domain/diagnosis/does-push.ts';
import { type Finding, finding, toldOnce } from '../domain/finding.ts';
import { jobKey, whyUnclear } from '../domain/logpush.ts';
import { type JobReport, judgeOutcome } from '../domain/report.ts';
import type { Shard } from '../domain/shard.ts';
import type { LedgerStore } from '../ports.ts';
import { type CisInstance, isExpected, type SweepContext, type SweepResult } from './context.ts';
import { Diagnoser } from './diagnose.ts';
import { observeInstance, type SeenJob } from './observe.ts';
import { readRun } from './runs.ts';
import { missedSchedules } from './schedules.ts';
import { ShownKeys } from './shown-keys.ts';

/**
 * Looks at every Logpush job of the fleet, says what state it is in and why it does not push, and which other functions have
 * stopped to run. It changes nothing on IBM Cloud in any mode.
 */
export async function checkLogpush(context: SweepContext): Promise<SweepResult> {
  const findings: Finding[] = [];
  const jobs: JobReport[] = [];
  const diagnoser = new Diagnoser(context, new ShownKeys(context));
  let failures = 0;
  let successes = 0;
  let resumeAt: string | undefined;
  const once = heldOnce();
  const instances = await inTurn(context);
  for (const [n, instance] of instances.entries()) {
    const seen = await observeInstance(context, instance, (jobs, retention) => diagnoser.of(jobs, retention));
    const { diagnosed } = seen;
    // One that takes more than a whole run must not keep the others from their turn.
    if (seen.isCut) resumeAt ??= (n === 0 ? instances[1] : instance)?.crn;
    failures += seen.failures;
    successes += seen.successes;
    for (const one of seen.jobs) {
      const diagnosis = diagnosed.byJob.get(jobKey(one.job.ref));
      jobs.push(jobReport(one, diagnosis, once));
      findings.push(...jobFinding(one, diagnosis));
    }
    findings.push(...seen.findings, ...diagnosed.findings);
    findings.push(...seen.jobs.flatMap((one) => unclearKey(context, one)));
  }
  if (context.shard.index === 0) findings.push(...(await missedSchedules(context, 'check-logpush')));
  // Instances may share a bucket, and an inactive zone is seen twice.
  const told = toldOnce(findings);
  const outcome = judgeOutcome(told, failures, successes);
  const cut = resumeAt === undefined ? {} : { resumeAt };
  return { outcome, findings: told, actions: [], waiting: [], jobs, rotations: [], ...cut };
}

/** The instances, from the one on that the last run had no time for. */
async function inTurn({ instances, shard, ports }: SweepContext): Promise<readonly CisInstance[]> {
  if (instances.length < 2) return instances;
  const resumeAt = await lastResumeAt(ports.ledger, shard);
  const first = Math.max(
    0,
    instances.findIndex(({ crn }) => crn === resumeAt),
  );
  return [...instances.slice(first), ...instances.slice(0, first)];
}

async function lastResumeAt(ledger: LedgerStore, shard: Shard): Promise<string | undefined> {
  try {
    return (await readRun(ledger, 'check-logpush', shard))?.resumeAt;
  } catch (error) {
    // Where the run begins is of no matter to what it finds.
    if (!isExpected(error)) throw error;
    return undefined;
  }
}

/** A job whose key nobody can tell stands in the way of a rotation long before one is due. */
function unclearKey({ bindings }: SweepContext, { job, zone, label }: SeenJob): readonly Finding[] {
  const concerned = bindings.filter((binding) => claimOf(binding, job, zone) === 'unclear');
  if (concerned.length === 0) return [];
  const detail = `${whyUnclear(job)}; it may carry the key of ${concerned.map(({ name }) => name).join(', ')}`;
  return [finding('destination-unreadable', `job ${label}`, detail)];
}

/** Most jobs of a fleet pushed last at one second or another of some minutes: what is said of them is held once, a fifth of it all. */
function heldOnce(): (text: string) => string {
  const held = new Map<string, string>();
  return (text) => {
    const known = held.get(text);
    if (known === undefined) held.set(text, text);
    return known ?? text;
  };
}

/** @param held - gives the text to hold in place of an equal one */
export function jobReport(
  { job, label, classified: { health, reason } }: SeenJob,
  diagnosis?: JobDiagnosis,
  held = (text: string): string => text,
): JobReport {
  // On its own, because an object to which members are added one by one keeps room for more: of a large fleet that is a quarter.
  const more = {
    ...(job.lastCompleteAt === undefined ? {} : { lastCompleteAt: job.lastCompleteAt }),
    ...(job.lastErrorAt === undefined ? {} : { lastErrorAt: job.lastErrorAt }),
    ...(diagnosis === undefined
      ? {}
      : {
          causes: diagnosis.causes.map(({ code }) => code),
          doubts: diagnosis.doubts.map(({ text }) => text),
        }),
  };
  const { jobId, instanceCrn, zoneId } = job.ref;
  return { jobId, label, instanceCrn, zoneId, health, reason: held(reason), ...more };
}

function jobFinding({ label, classified }: SeenJob, diagnosis: JobDiagnosis | undefined): readonly Finding[] {
  const code = FOUND_AS[classified.health];
  if (code === undefined) return [];
  const because = diagnosis?.because ?? [];
  const more = because.length === 0 ? {} : { because };
  return [finding(code, `job ${label}`, classified.reason, classified.since, more)];
}
