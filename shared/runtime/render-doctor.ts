import { CLOCK_TOLERANCE_MS } from '../domain/doctor/endpoints.ts';
import { groupProblems, type ProblemGroup } from '../domain/doctor/problems.ts';
import { describeKeysOnRead } from '../domain/doctor/questions.ts';
import type { BindingReport, DoctorReport, EndpointReport, InstanceReport } from '../domain/doctor/report.ts';
import { formatDuration } from '../domain/time.ts';
import { clockTime, clockTimes, waitText } from './clock-time.ts';
import { absentLines, presentLines } from './render-rights.ts';

/** More places than that of one problem are counted. */
const NAMED = 3;

function outcomeText({ outcome, rights }: DoctorReport): string {
  if (outcome === 'failed') return 'no account could log in';
  if (outcome === 'attention') return 'something is missing, or could not be told';
  const optional = new Set(rights.flatMap(({ right, verdict }) => (verdict === 'present' ? [] : [right])))
    .size;
  if (optional === 0) return 'nothing is missing';
  return `nothing that is needed is missing; ${optional === 1 ? '1 optional right is' : `${optional} optional rights are`}, or could not be told`;
}

/** A doctor's report for a terminal: what is missing first, then everything that was seen. */
export function renderDoctor(report: DoctorReport): string {
  const { startedAt, endpoints, identities, rights, instances, bindings, ledger } = report;
  const lines = [`doctor  ${clockTime(startedAt)}  it only looks: nothing is changed`];
  section(lines, 'missing, or not to be told', groupProblems(report, startedAt).flatMap(problemLines));
  section(lines, 'rights that are missing, or could not be told', absentLines(rights));
  section(lines, 'endpoints', endpoints.map(endpointLine));
  section(
    lines,
    'identities',
    identities.map(({ account, detail }) => `${account}: ${detail}`),
  );
  section(lines, 'rights that are there', presentLines(rights));
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
  lines.push('', `${outcomeText(report)}; ${calls} calls`);
  return lines.map((line) => `${shortened(clockTimes(line))}\n`).join('');
}

/** A CRN by its last part, as people know it; `--json` has all of it. */
const shortened = (line: string): string => line.replaceAll(/crn:v1:(?:[^\s:]*:){5}([0-9a-f-]{36})::/g, '$1');

function problemLines({ says, at }: ProblemGroup): readonly string[] {
  const [first = '', ...others] = at;
  const rest = others.length - NAMED;
  const named = others.slice(0, NAMED).join(', ');
  return [
    `${first}: ${says}`,
    ...(others.length === 0 ? [] : [`  the same of ${named}${rest > 0 ? ` and ${rest} more` : ''}`]),
  ];
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
        `  ${role} key ${keyId}${createdAt === undefined ? '' : `, ${formatDuration(now - createdAt)} old`}${typeof expiresAt === 'number' ? `, ${expiresAt <= now ? 'ended' : 'ends'} ${clockTime(expiresAt)}` : ''}`,
    ),
    `  in step: ${inStep.verdict}, ${inStep.detail}`,
    ...findings.map(({ code, severity, detail }) => `  ${severity} ${code}: ${detail}`),
    ...(would.length === 0 ? [] : [`  rotate-keys would now: ${would.join('; ')}`]),
    ...(waitsFor === undefined
      ? []
      : [`  ${would.length === 0 ? '' : 'then '}waits for ${waitText(waitsFor, until)}`]),
  ];
}
