import { formatDuration, formatInstant } from '../time.ts';
import { CLOCK_TOLERANCE_MS } from './endpoints.ts';
import { isLacking, type RightReport } from './judge-right.ts';
import type { Examination } from './report.ts';

/** Something that is missing, wrong or could not be told. The same may be said of several places. */
interface Problem {
  readonly at: string;
  readonly says: string;
}

/** One thing that is wrong, and everything of which it is said. */
export interface ProblemGroup {
  readonly says: string;
  readonly at: readonly string[];
}

/** What is missing, wrong or could not be told, a line each; empty = nothing. */
export const problemsOf = (seen: Examination, now: number): readonly string[] =>
  allOf(seen, now).map(({ at, says }) => `${at}: ${says}`);

/** The same, said once for all places that it is said of. */
export const groupProblems = (seen: Examination, now: number): readonly ProblemGroup[] =>
  [...Map.groupBy(allOf(seen, now), ({ says }) => says)].map(([says, of]) => ({
    says,
    at: of.map(({ at }) => at),
  }));

function allOf(seen: Examination, now: number): readonly Problem[] {
  const { endpoints, identities, rights, instances, bindings, uncovered, ledger } = seen;
  return [
    ...endpoints.flatMap(endpointProblem),
    ...identities.flatMap(({ account, verdict, detail }) =>
      verdict === 'ok' ? [] : [{ at: `account ${account}`, says: detail }],
    ),
    // Of who cannot log in one line says all.
    ...rights.filter((right) => right.iamId !== undefined && isLacking(right)).map(rightProblem),
    ...instances.flatMap(({ crn, logpush, unreadable }) =>
      [...(logpush === 'no' ? ['its plan has no Logpush'] : []), ...unreadable].map((says) => ({
        at: `CIS instance ${crn}`,
        says,
      })),
    ),
    ...bindings.flatMap((binding) => bindingProblems(binding, now)),
    ...uncovered.map(({ job, carriesKey }) => ({ at: `job ${job}`, says: UNCOVERED[carriesKey] })),
    ...(ledger.read === 'yes' ? [] : [{ at: `ledger ${ledger.place}`, says: ledger.detail }]),
    ...ledger.findings.map(({ subject, detail }) => ({ at: subject, says: detail })),
  ];
}

const UNCOVERED: Readonly<Record<Examination['uncovered'][number]['carriesKey'], string>> = {
  yes: 'it carries a key that no binding covers; write a binding for it, or its id into exceptJobs of any binding if that key is not the keeper’s to look after',
  unclear:
    'it may carry a key, and no binding covers it; say auth: key or auth: ownership of its bucket in a selector, or write its id into exceptJobs of any binding if it is not the keeper’s to look after',
};

function endpointProblem({
  service,
  host,
  reached,
  failures,
  clockAheadMs = 0,
}: Examination['endpoints'][number]): readonly Problem[] {
  if (!reached) return [{ at: `${service} (${host})`, says: `it was not reached: ${failures.join(', ')}` }];
  if (Math.abs(clockAheadMs) <= CLOCK_TOLERANCE_MS) return [];
  const way = clockAheadMs > 0 ? 'ahead of' : 'behind';
  return [
    { at: host, says: `its clock is ${formatDuration(Math.abs(clockAheadMs))} ${way} that of this machine` },
  ];
}

const rightProblem = (right: RightReport): Problem => ({
  at: `right ${right.right} on ${right.where}`,
  says: `${right.verdict === 'missing' ? 'missing' : 'could not be told'}; give ${giveOf(right)}`,
});

/** Which role to give there, and to whom. */
export const giveOf = ({ give, iamId, account }: RightReport): string =>
  `${give.map(({ service, roles }) => `${roles.join(' and ')} on ${service}`).join(', ')} there, to ${iamId ?? `the identity of account ${account}`}`;

function bindingProblems(
  { name, secret, unclear, keys, findings, inStep }: Examination['bindings'][number],
  now: number,
): readonly Problem[] {
  const at = `binding ${name}`;
  const { instanceId, answeredOn, configuredNetwork } = secret;
  const network = `Secrets Manager ${instanceId} answers on its ${answeredOn} network alone; write network: ${answeredOn}`;
  return [
    ...(answeredOn === undefined || answeredOn === configuredNetwork ? [] : [{ at, says: network }]),
    ...unclear.map((job) => ({ at: `${at}, job ${job}`, says: 'whether it carries its key is not clear' })),
    // The old key of a rotation may end: its successor is there.
    ...keys.flatMap(({ keyId, role, expiresAt }) =>
      role !== 'old' && typeof expiresAt === 'number' && expiresAt <= now
        ? [{ at, says: `its ${role} key ${keyId} ended ${formatInstant(expiresAt)}` }]
        : [],
    ),
    ...findings
      .filter(({ severity }) => severity !== 'info')
      .map(({ code, subject, detail }) => ({ at: `${code}, ${subject}`, says: detail })),
    ...(inStep.verdict === 'no' ? [{ at, says: inStep.detail }] : []),
  ];
}
