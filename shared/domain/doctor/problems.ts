import { formatDuration } from '../time.ts';
import { CLOCK_TOLERANCE_MS } from './endpoints.ts';
import { isLacking, type RightReport } from './judge-right.ts';
import type { Examination } from './report.ts';

/** What is missing, wrong or could not be told, a line each; empty = nothing. */
export function problemsOf(seen: Examination): readonly string[] {
  const { endpoints, identities, rights, instances, bindings, uncovered, ledger } = seen;
  return [
    ...endpoints.flatMap(endpointProblem),
    ...identities.flatMap(({ account, verdict, detail }) =>
      verdict === 'ok' ? [] : [`account ${account}: ${detail}`],
    ),
    // Of who cannot log in one line says all.
    ...rights.filter((right) => right.iamId !== undefined && isLacking(right)).map(rightProblem),
    ...instances.flatMap(({ crn, logpush, unreadable }) => [
      ...(logpush === 'no' ? [`CIS instance ${crn}: its plan has no Logpush`] : []),
      ...unreadable.map((why) => `CIS instance ${crn}: ${why}`),
    ]),
    ...bindings.flatMap(bindingProblems),
    ...uncovered.map(({ job, carriesKey }) =>
      carriesKey === 'yes'
        ? `job ${job}: it carries a key that no binding covers`
        : `job ${job}: it may carry a key, and no binding covers it`,
    ),
    ...(ledger.read === 'yes' ? [] : [`ledger ${ledger.place}: ${ledger.detail}`]),
    ...ledger.findings.map(({ subject, detail }) => `${subject}: ${detail}`),
  ];
}

function endpointProblem({
  service,
  host,
  reached,
  failures,
  clockAheadMs = 0,
}: Examination['endpoints'][number]): readonly string[] {
  if (!reached) return [`${service} (${host}) was not reached: ${failures.join(', ')}`];
  if (Math.abs(clockAheadMs) <= CLOCK_TOLERANCE_MS) return [];
  const way = clockAheadMs > 0 ? 'behind' : 'ahead of';
  return [`this machine's clock is ${formatDuration(Math.abs(clockAheadMs))} ${way} that of ${host}`];
}

const rightProblem = (right: RightReport): string =>
  `right ${right.right} on ${right.where}: ${right.verdict === 'missing' ? 'missing' : 'could not be told'}; ${giveOf(right)}`;

/** Which role to give whom, and where. */
export const giveOf = ({ give, where, iamId, account }: RightReport): string =>
  `${give.map(({ service, roles }) => `${roles.join(' and ')} on ${service}`).join(', ')}, for ${where}, to ${iamId ?? `the identity of account ${account}`}`;

function bindingProblems({
  name,
  secret,
  unclear,
  findings,
  inStep,
}: Examination['bindings'][number]): readonly string[] {
  const network =
    secret.answeredOn !== undefined && secret.answeredOn !== secret.configuredNetwork
      ? [
          `binding ${name}: Secrets Manager ${secret.instanceId} answers on its ${secret.answeredOn} network alone; write network: ${secret.answeredOn}`,
        ]
      : [];
  return [
    ...network,
    ...unclear.map((job) => `binding ${name}: whether job ${job} carries its key is not clear`),
    ...findings
      .filter(({ severity }) => severity !== 'info')
      .map(({ code, subject, detail }) => `${code}, ${subject}: ${detail}`),
    ...(inStep.verdict === 'no' ? [`binding ${name}: ${inStep.detail}`] : []),
  ];
}
