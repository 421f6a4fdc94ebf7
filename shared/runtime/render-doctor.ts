import { CLOCK_TOLERANCE_MS } from '../domain/doctor/endpoints.ts';
import type { RightReport } from '../domain/doctor/judge-right.ts';
import { giveOf } from '../domain/doctor/problems.ts';
import { describeKeysOnRead } from '../domain/doctor/questions.ts';
import type { BindingReport, DoctorReport, EndpointReport, InstanceReport } from '../domain/doctor/report.ts';
import { formatDuration } from '../domain/time.ts';
import { clockTime } from './clock-time.ts';

const OUTCOME_TEXT: Record<DoctorReport['outcome'], string> = {
  ok: 'nothing is missing',
  attention: 'something is missing, or could not be told',
  failed: 'no account could log in',
};

/** A doctor's report for a terminal: what is missing first, then everything that was seen. */
export function renderDoctor(report: DoctorReport): string {
  const { startedAt, problems, endpoints, identities, rights, instances, bindings, ledger } = report;
  const lines = [`doctor  ${clockTime(startedAt)}  it only looks: nothing is changed`];
  section(lines, 'missing, or not to be told', problems);
  section(lines, 'endpoints', endpoints.map(endpointLine));
  section(
    lines,
    'identities',
    identities.map(({ account, detail }) => `${account}: ${detail}`),
  );
  section(lines, 'rights', grouped(rights).flatMap(rightLines));
  section(lines, 'CIS', [
    ...instances.map(instanceLine),
    ...Object.entries(report.keysOnRead).map(
      ([kind, counts]) => `keys of ${kind} jobs as CIS shows them: ${describeKeysOnRead(counts)}`,
    ),
  ]);
  section(
    lines,
    'bindings',
    bindings.flatMap((binding) => bindingLines(binding, startedAt)),
  );
  section(
    lines,
    'jobs that no binding covers',
    report.uncovered.map(
      ({ job, destination, carriesKey }) =>
        `${job}: ${destination}${carriesKey === 'yes' ? '' : ' (it may carry no key)'}`,
    ),
  );
  section(lines, 'ledger', [
    `${ledger.place}: ${ledger.detail}`,
    ...ledger.findings.map(({ code, detail }) => `${code}: ${detail}`),
  ]);
  section(
    lines,
    'what IBM leaves open',
    report.questions.map(({ question, answer }) => `${question} ${answer}`),
  );
  const calls = Object.values(report.calls).reduce((sum, count) => sum + count, 0);
  lines.push('', `${OUTCOME_TEXT[report.outcome]}; ${calls} calls`);
  return `${lines.join('\n')}\n`;
}

function section(lines: string[], title: string, body: readonly string[]): void {
  if (body.length > 0) lines.push('', title, ...body.map((line) => `  ${line}`));
}

function endpointLine({ service, host, reached, failures, clockAheadMs }: EndpointReport): string {
  const clock =
    clockAheadMs === undefined || Math.abs(clockAheadMs) <= CLOCK_TOLERANCE_MS
      ? ''
      : `, its clock is ${formatDuration(Math.abs(clockAheadMs))} ${clockAheadMs > 0 ? 'ahead' : 'behind'}`;
  const failed = failures.length === 0 ? '' : ` (${failures.join(', ')})`;
  return `${service.padEnd(15)} ${host}: ${reached ? 'reached' : 'not reached'}${failed}${clock}`;
}

/** Places that have the same right for the same reason need one entry. */
function grouped(rights: readonly RightReport[]): readonly RightReport[] {
  const groups = new Map<string, RightReport>();
  for (const right of rights) {
    const { where: _where, ...same } = right;
    const key = JSON.stringify(same);
    const known = groups.get(key);
    groups.set(key, known === undefined ? right : { ...known, where: `${known.where}, ${right.where}` });
  }
  return [...groups.values()];
}

/** One that is there needs a line; one that is not needs to be given. */
function rightLines(right: RightReport): readonly string[] {
  const { verdict, requiredBy, usedBy, evidence, without } = right;
  const who = requiredBy.length > 0 ? requiredBy.join(', ') : `optional: ${usedBy.join(', ')}`;
  const head = `${verdict.padEnd(8)} ${right.right} on ${right.where} (${who})`;
  if (verdict === 'present') return [head];
  return [
    head,
    ...evidence.map((line) => `         ${line}`),
    `         without it: ${without}`,
    `         → give ${giveOf(right)}`,
  ];
}

function instanceLine({ crn, zones, jobs, logpush, retention }: InstanceReport): string {
  const plan = {
    yes: 'its plan has Logpush',
    no: 'its plan has no Logpush',
    unknown: 'whether its plan has Logpush is not known',
  };
  const kept = retention === 'unknown' ? 'not known' : retention;
  return `${crn}  ${zones ?? '?'} zones, ${jobs ?? '?'} jobs, ${plan[logpush]}, log retention of a zone: ${kept}`;
}

function bindingLines(binding: BindingReport, now: number): readonly string[] {
  const { name, managedBy, secret, jobs, keys, would, waitsFor, until, inStep, findings } = binding;
  const network =
    secret.answeredOn === undefined ? 'did not answer' : `answered on its ${secret.answeredOn} network`;
  return [
    `${name} (managedBy: ${managedBy}): ${jobs.length} jobs carry its key`,
    `  secret: ${secret.type ?? 'type not known'}, Secrets Manager ${network}${secret.unfit === undefined ? '' : `; refused: ${secret.unfit}`}`,
    ...keys.map(
      ({ keyId, role, createdAt, expiresAt }) =>
        `  ${role} key ${keyId}${createdAt === undefined ? '' : `, ${formatDuration(now - createdAt)} old`}${typeof expiresAt === 'number' ? `, ends ${clockTime(expiresAt)}` : ''}`,
    ),
    `  in step: ${inStep.verdict}, ${inStep.detail}`,
    ...findings.map(({ code, severity, detail }) => `  ${severity} ${code}: ${detail}`),
    ...(would.length === 0 ? [] : [`  rotate-keys would now: ${would.join('; ')}`]),
    ...(waitsFor === undefined
      ? []
      : [`  then waits for ${waitsFor}${until === undefined ? '' : `, until ${clockTime(until)}`}`]),
  ];
}
