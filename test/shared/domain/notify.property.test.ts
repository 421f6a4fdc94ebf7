import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Finding, findingKey } from '../../../shared/domain/finding.ts';
import { decideIncidents } from '../../../shared/domain/notify.ts';
import type { OpenIncidents } from '../../../shared/domain/open-incident.ts';
import type { Outcome, RunReport } from '../../../shared/domain/report.ts';
import { minutes } from '../../../shared/domain/time.ts';
import { START } from '../../support/builders.ts';
import { countIncidents } from '../../support/incident-counter.ts';

const CODES = [
  'job-failing',
  'job-disabled-by-failures',
  'bucket-quota-reached',
  'bucket-limits-unclear',
  'bucket-check-refused',
  'repair-unclear',
  'zone-unreadable',
  'instance-unreadable',
] as const;
const SUBJECTS = ['job 1 (x of a)', 'job 2 (x of b)', 'bucket x (eu-de)', 'zone a'] as const;
const KEYS = CODES.flatMap((code) => SUBJECTS.map((subject) => `${code} ${subject}`));

const aFinding: fc.Arbitrary<Finding> = fc.record(
  {
    code: fc.constantFrom(...CODES),
    subject: fc.constantFrom(...SUBJECTS),
    severity: fc.constantFrom('critical', 'critical', 'warning', 'info'),
    repair: fc.constantFrom('person', 'person', 'keeper'),
    detail: fc.constant('x'),
    todo: fc.constant('y'),
    because: fc.uniqueArray(fc.constantFrom(...KEYS), { maxLength: 2 }),
    hides: fc.uniqueArray(fc.constantFrom(...CODES), { maxLength: 2 }),
  },
  { requiredKeys: ['code', 'subject', 'severity', 'repair', 'detail', 'todo'] },
);

interface Drawn {
  readonly function: string;
  readonly outcome: Outcome;
  /** Which of the findings of the run before are still there: a world mostly goes on. */
  readonly keep: readonly number[];
  readonly fresh: readonly Finding[];
  /** Minutes since the run before. */
  readonly gap: number;
}

const aRun: fc.Arbitrary<Drawn> = fc.record({
  function: fc.constantFrom(
    'check-logpush',
    'check-logpush',
    'check-logpush',
    'rotate-keys',
    'reenable-logpush',
  ),
  outcome: fc.constantFrom('findings', 'findings', 'findings', 'partial', 'failed'),
  keep: fc.array(fc.nat(3), { maxLength: 8 }),
  fresh: fc.array(aFinding, { maxLength: 3 }),
  gap: fc.constantFrom(5, 5, 5, 60, 24 * 60),
});

/** Runs one after the other, each with most of what the one before it had. */
function reportsOf(runs: readonly Drawn[]): readonly RunReport[] {
  const last = new Map<string, readonly Finding[]>();
  let at = START;
  return runs.map(({ function: name, outcome, keep, fresh, gap }, index) => {
    const before = last.get(name) ?? [];
    const findings = [...before.filter((_, place) => keep[place] !== 0), ...fresh];
    last.set(name, findings);
    at += minutes(gap);
    const run = {
      schema: 1,
      runId: `r${index}`,
      mode: 'act',
      actions: [],
      waiting: [],
      jobs: [],
      rotations: [],
      calls: {},
    } as const;
    return { ...run, function: name, outcome, startedAt: at, finishedAt: at + minutes(1), findings };
  });
}

/** What the product tells of these runs, as the counter writes it. */
function told(reports: readonly RunReport[]): readonly string[] {
  let open: OpenIncidents = {};
  return reports.flatMap((report) => {
    const { after, changes } = decideIncidents(open, { ...report, narrowed: false }, 'warning');
    // As the ledger keeps it.
    open = JSON.parse(JSON.stringify(after)) as OpenIncidents;
    return changes.map(({ kind, incident }) => `${kind} ${incident.code} ${incident.subject}`).toSorted();
  });
}

const perRun = (reports: readonly RunReport[]): readonly string[] =>
  reports.flatMap((_, index) =>
    countIncidents(reports.slice(0, index + 1))
      .slice(countIncidents(reports.slice(0, index)).length)
      .toSorted(),
  );

const runs = fc.array(aRun, { maxLength: 25 }).map(reportsOf);

test('what is told is what a plain count of the reports says, run by run', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(runs, (reports) => {
      const events = told(reports);
      for (const event of events) seen.add(event.split(' ')[0] ?? '');
      expect(events).toEqual(perRun(reports));
    }),
    { numRuns: 1_500, seed: 7 },
  );
  expect(seen).toEqual(new Set(['opened', 'changed', 'closed']));
});

test('openings and closings of an incident take turns, beginning with an opening', () => {
  fc.assert(
    fc.property(runs, (reports) => {
      const open = new Set<string>();
      for (const event of told(reports)) {
        const [kind = '', ...rest] = event.split(' ');
        const key = rest.join(' ');
        expect(open.has(key)).toBe(kind !== 'opened');
        if (kind === 'opened') open.add(key);
        if (kind === 'closed') open.delete(key);
      }
    }),
    { numRuns: 500, seed: 8 },
  );
});

test('nothing that is bad is told nowhere: it is an incident, or stands under one, or names what does', () => {
  fc.assert(
    fc.property(runs, (reports) => {
      let open: OpenIncidents = {};
      for (const report of reports) {
        open = decideIncidents(open, { ...report, narrowed: false }, 'warning').after;
        const under = new Set(
          Object.values(open).flatMap(({ foundBy }) =>
            Object.values(foundBy).flatMap(({ explains }) => explains.map(({ key }) => key)),
          ),
        );
        const bad = report.findings.filter(({ severity }) => severity !== 'info');
        const reasons = new Map(bad.map((item) => [findingKey(item), item.because ?? []]));
        const isTold = (key: string, asked: readonly string[] = []): boolean =>
          Object.hasOwn(open, key) ||
          under.has(key) ||
          (reasons.get(key) ?? []).some((named) => !asked.includes(named) && isTold(named, [...asked, key]));
        for (const key of reasons.keys()) expect(isTold(key)).toBe(true);
      }
    }),
    { numRuns: 500, seed: 9 },
  );
});
