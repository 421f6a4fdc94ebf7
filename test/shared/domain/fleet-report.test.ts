import { expect, test } from 'vitest';
import { finding } from '../../../shared/domain/finding.ts';
import { buildFleetReport } from '../../../shared/domain/fleet-build.ts';
import { type FleetReport, jobsOf } from '../../../shared/domain/fleet-report.ts';
import { spanOf, timelineOf } from '../../../shared/domain/fleet-timeline.ts';
import { keyLevel, levelOf, verdictOf } from '../../../shared/domain/fleet-verdict.ts';
import { HEALTHS } from '../../../shared/domain/health.ts';
import { jobKey } from '../../../shared/domain/logpush.ts';
import { reportKeys } from '../../../shared/domain/rotation/report-keys.ts';
import { days, hours, minutes } from '../../../shared/domain/time.ts';
import { FleetReportSchema } from '../../../shared/runtime/fleet-schema.ts';
import {
  aKey,
  aRecord,
  aRotation,
  aZone,
  INSTANCE_CRN,
  LOGS_INSTANCE,
  START,
} from '../../support/builders.ts';
import { aFleetInput, aFleetJob, aKeptRun, fleetOf, MADE_AT } from '../../support/fleet.ts';

const onlyJob = (report: FleetReport) => {
  const [job] = jobsOf(report);
  if (job === undefined) throw new Error('the report has no job');
  return job;
};
/** What a job's time line shows, in hours from the start of the tests. */
const shown = (report: FleetReport): readonly string[] =>
  timelineOf(onlyJob(report), spanOf(report)).map(
    ({ state, from, until }) => `${state} ${(from - START) / hours(1)}–${(until - START) / hours(1)}`,
  );

test('jobs stand below their zones with a destination in words', () => {
  const destination = { kind: 'cloud-logs', instanceId: LOGS_INSTANCE, region: 'eu-de' } as const;
  const report = fleetOf(
    aFleetJob({ jobId: 9, zone: { id: 'b', name: 'b.example' } }),
    aFleetJob({ jobId: 7, zone: { id: 'a', name: 'a.example' }, destination }),
  );
  expect(report.instances[0]?.zones.map(({ name }) => name)).toEqual(['a.example', 'b.example']);
  expect(jobsOf(report)[0]).toMatchObject({
    label: '7 (http_requests of a.example)',
    destination: `Cloud Logs instance ${LOGS_INSTANCE} (eu-de)`,
    seenAt: MADE_AT - minutes(2),
  });
});

test('a job that was seen minutes ago and pushes is fine', () => {
  const report = fleetOf(aFleetJob());
  expect(levelOf(onlyJob(report))).toBe('ok');
  expect(verdictOf(report)).toEqual({ level: 'ok', sentence: 'Nothing needs a person: the one job pushes.' });
});

test.each(HEALTHS)('%s is never fine once nobody has looked for a while', (health) => {
  const seenAt = MADE_AT - hours(2);
  const instances = [{ crn: INSTANCE_CRN, seenAt, jobs: [aFleetJob({ health })] }];
  const report = buildFleetReport(aFleetInput({ instances }));
  expect(onlyJob(report).outdated).toBe('last seen 2 h ago');
  expect(levelOf(onlyJob(report))).not.toBe('ok');
  expect(verdictOf(report).level).not.toBe('ok');
});

test('a look that a clock dated ahead is no proof of now', () => {
  const instances = [{ crn: INSTANCE_CRN, seenAt: MADE_AT + hours(2), jobs: [aFleetJob()] }];
  const report = buildFleetReport(aFleetInput({ instances }));
  expect(onlyJob(report).outdated).toMatch('was ahead');
  expect(verdictOf(report).level).toBe('unknown');
});

test('what CIS did not show in the last look is not known', () => {
  const jobs = [aFleetJob({ unread: 'cis: 403' })];
  const job = onlyJob(
    buildFleetReport(aFleetInput({ instances: [{ crn: INSTANCE_CRN, seenAt: MADE_AT, jobs }] })),
  );
  expect(job.outdated).toBe('the last look could not read it: cis: 403');
  expect(job.seenAt).toBeUndefined();
  expect(levelOf(job)).toBe('unknown');
});

test('an instance that was never looked at, no job and an unreadable document are not fine', () => {
  const unseen = buildFleetReport(aFleetInput({ instances: [{ crn: INSTANCE_CRN, seenAt: 0, jobs: [] }] }));
  expect(verdictOf(unseen).level).toBe('unknown');
  expect(unseen.instances[0]).not.toHaveProperty('seenAt');
  const unreadable = buildFleetReport(aFleetInput({ unreadable: ['a document'] }));
  expect(verdictOf(unreadable)).toMatchObject({
    level: 'unknown',
    sentence: expect.stringContaining('1 part of the ledger cannot be read'),
  });
});

test('a job that is only known from an open incident is unknown', () => {
  const ref = { instanceCrn: INSTANCE_CRN, zoneId: aZone().id, jobId: 5 };
  const open = { [jobKey(ref)]: { ref, label: '5', seenAt: START, attempts: [] } };
  const instances = [{ crn: INSTANCE_CRN, seenAt: MADE_AT, jobs: [], incidents: { open, past: [] } }];
  const job = onlyJob(buildFleetReport(aFleetInput({ instances })));
  expect(job).toMatchObject({ jobId: 5, health: 'unknown', incidents: [{ seenAt: START, tries: 0 }] });
});

test('the verdict counts what pushes nothing', () => {
  const report = fleetOf(
    aFleetJob({ jobId: 1, health: 'failing' }),
    aFleetJob({ jobId: 2, health: 'disabled-by-failures' }),
    aFleetJob({ jobId: 3, health: 'stalled' }),
    aFleetJob({ jobId: 4 }),
  );
  expect(verdictOf(report)).toEqual({
    level: 'critical',
    sentence:
      'A person is needed now: 2 of 4 jobs push nothing (1 failing, 1 disabled by failures); 1 job silent or disabled without a clear reason.',
  });
});

test('the same finding of two functions stands once, as the newest run tells it, most urgent first', () => {
  const runs = [
    aKeptRun({ findings: [finding('job-stalled', 'job 1', 'old')], finishedAt: MADE_AT - minutes(9) }),
    aKeptRun({
      function: 'reenable-logpush',
      findings: [finding('job-stalled', 'job 1', 'new'), finding('job-failing', 'job 2', 'x')],
    }),
  ];
  const { findings } = buildFleetReport(aFleetInput({ runs }));
  expect(findings.map(({ code, detail, function: name }) => [code, detail, name])).toEqual([
    ['job-failing', 'x', 'reenable-logpush'],
    ['job-stalled', 'new', 'reenable-logpush'],
  ]);
});

test('a function is overdue after three of its periods and the time a report is kept', () => {
  const stale = (ageMs: number): boolean | undefined =>
    buildFleetReport(aFleetInput({ runs: [aKeptRun({ finishedAt: MADE_AT - ageMs })] })).runs[0]?.stale;
  expect(stale(minutes(30))).toBe(false);
  expect(stale(minutes(31))).toBe(true);
  expect(buildFleetReport(aFleetInput({ runs: [] })).runs).toEqual([
    { function: 'check-logpush', everyMs: minutes(5), stale: false },
  ]);
});

test('a function that has never run is not fine', () => {
  const functions = ['check-logpush', 'rotate-keys'].map((name) => ({ name, everyMs: minutes(5) }));
  const { level, sentence } = verdictOf(buildFleetReport(aFleetInput({ functions })));
  expect(level).toBe('unknown');
  expect(sentence).toContain('rotate-keys has never run');
});

test('a time line covers its span without a hole, and shows gaps', () => {
  const outages = [
    { from: START + hours(10), until: START + hours(12), lostMinutes: { min: 115, max: 125 } },
  ];
  expect(shown(fleetOf(aFleetJob({ outages })))).toEqual(['pushing 0–10', 'gap 10–12', 'pushing 12–48']);
});

test('failing since the last push, then disabled', () => {
  const lastCompleteAt = START + hours(12);
  expect(shown(fleetOf(aFleetJob({ health: 'failing', lastCompleteAt, lastErrorAt: MADE_AT })))).toEqual([
    'pushing 0–12',
    'gap 12–48',
  ]);
  const lastErrorAt = START + hours(36);
  expect(shown(fleetOf(aFleetJob({ health: 'disabled-by-failures', lastCompleteAt, lastErrorAt })))).toEqual([
    'pushing 0–12',
    'gap 12–36',
    'disabled 36–48',
  ]);
});

test('without an account of gaps the past is unknown', () => {
  const { outages: _, lastCompleteAt: __, ...job } = aFleetJob();
  const line = timelineOf(onlyJob(fleetOf(job)), { from: START - hours(1), until: MADE_AT });
  expect(line.map(({ state }) => state)).toEqual(['unseen', 'unknown', 'pushing']);
  expect(line[2]?.from).toBe(MADE_AT - minutes(2));
});

test('what was seen long ago ends where it was seen', () => {
  const instances = [
    {
      crn: INSTANCE_CRN,
      seenAt: START + hours(40),
      jobs: [aFleetJob({ lastCompleteAt: START + hours(40) })],
    },
  ];
  expect(shown(buildFleetReport(aFleetInput({ instances })))).toEqual(['pushing 0–40', 'unknown 40–48']);
});

test('a time line begins with the first job, seven days ago at most', () => {
  expect(spanOf(fleetOf(aFleetJob({ firstSeenAt: MADE_AT - days(40) }))).from).toBe(MADE_AT - days(7));
  expect(spanOf(fleetOf(aFleetJob({ firstSeenAt: MADE_AT - minutes(2) }))).from).toBe(MADE_AT - hours(1));
});

test.each([
  ['never', 'ok'],
  [undefined, 'unknown'],
  [MADE_AT, 'critical'],
  [MADE_AT + days(6), 'warning'],
  [MADE_AT + days(7), 'ok'],
] as const)('a key that ends %s is %s', (expiresAt, level) => {
  expect(keyLevel(expiresAt, MADE_AT)).toBe(level);
});

test('the keys of a binding: the one in the secret, or the two of a rotation', () => {
  const keys = [aKey({ expiresAt: START + days(35) })];
  expect(reportKeys(aRecord(), { currentKeyId: 'ApiKey-old', keys })).toEqual([
    {
      keyId: 'ApiKey-old',
      role: 'current',
      createdAt: START - days(85),
      expiresAt: START + days(35),
      disabled: false,
    },
  ]);
  expect(reportKeys(aRecord(), { currentKeyId: null, keys })).toEqual([]);
  const current = aRotation({ oldKeyExpiresAt: START + days(3) });
  expect(reportKeys(aRecord({ current }))).toEqual([
    { keyId: 'ApiKey-old', role: 'old', expiresAt: START + days(3) },
    { keyId: 'ApiKey-new', role: 'new', createdAt: START, expiresAt: START + days(120) },
  ]);
  expect(reportKeys(aRecord({ current: { ...current, oldKeyGone: true } }))).toHaveLength(1);
});

test('of an incident the report holds what its published schema names, and nothing of what the repair keeps for itself', () => {
  const ref = { instanceCrn: INSTANCE_CRN, zoneId: aZone().id, jobId: 1 };
  const kept = {
    ref,
    label: '1 (http_requests of shop.example)',
    seenAt: START,
    attempts: [],
    enabledAt: START + hours(1),
    enabledBy: 'keeper',
    cause: 'key-expired API key 1',
    futile: ['key-expired API key 1'],
    seenCause: { text: 'the key has expired', links: ['key'], byAddress: false, blind: [] },
    lookedAt: START,
  } as const;
  const past = { ...kept, endedAt: START + hours(2), outcome: 'proven', lost: { min: 3 } } as const;
  const incidents = {
    open: { [jobKey(ref)]: { ...kept, seenAt: START + hours(3) } },
    past: [past],
  };
  const instances = [{ crn: INSTANCE_CRN, seenAt: MADE_AT, jobs: [aFleetJob()], incidents }];
  const report = buildFleetReport(aFleetInput({ instances }));
  expect(onlyJob(report).incidents.map((incident) => Object.keys(incident))).toEqual([
    ['seenAt', 'tries', 'enabledAt', 'enabledBy', 'cause', 'endedAt', 'outcome', 'lost'],
    ['seenAt', 'tries', 'enabledAt', 'enabledBy', 'cause'],
  ]);
  expect(FleetReportSchema.parse(report)).toEqual(report);
});
