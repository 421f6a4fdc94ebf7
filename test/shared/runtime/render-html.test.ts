import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { finding } from '../../../shared/domain/finding.ts';
import { buildFleetReport } from '../../../shared/domain/fleet-build.ts';
import { hours, minutes } from '../../../shared/domain/time.ts';
import { renderFleetHtml } from '../../../shared/runtime/render-html.ts';
import { INSTANCE_CRN } from '../../support/builders.ts';
import { aFleetInput, aFleetJob, aKeptRun, fleetOf, MADE_AT } from '../../support/fleet.ts';

const count = (page: string, pattern: RegExp): number => page.match(pattern)?.length ?? 0;

test('the page needs nothing but itself, and its policy says so', () => {
  const page = renderFleetHtml(fleetOf(aFleetJob()));
  const style = /<style>(.*)<\/style>/s.exec(page)?.[1] ?? '';
  const hash = createHash('sha256').update(style).digest('base64');
  expect(page).toContain(
    `content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'"`,
  );
  expect(page).not.toMatch(/<script|<link|<img|\ssrc=|\sstyle=|@import|url\((?!#)|https?:/);
});

test('the verdict is the first thing on the page, then what is most urgent', () => {
  const findings = [finding('predecessor-unstamped', 'binding a', 'x'), finding('job-failing', 'job 1', 'y')];
  const report = buildFleetReport(aFleetInput({ runs: [aKeptRun({ findings })] }));
  const page = renderFleetHtml(report);
  const places = ['A person is needed now', 'job-failing', 'predecessor-unstamped', 'id="jobs"', 'id="runs"'];
  const found = places.map((place) => page.indexOf(place));
  expect(found).not.toContain(-1);
  expect(found).toEqual(found.toSorted((a, b) => a - b));
});

test('what hits many jobs alike stands once, and all of them are named', () => {
  const findings = Array.from({ length: 30 }, (_, n) => finding('job-failing', `job ${n} (x)`, 'refused'));
  const page = renderFleetHtml(buildFleetReport(aFleetInput({ runs: [aKeptRun({ findings })] })));
  expect(count(page, /<article class="finding/g)).toBe(1);
  expect(count(page, /job \d+ \(x\)/g)).toBe(30);
});

test('gaps say how many log minutes they cost', () => {
  const outages = [
    { from: MADE_AT - hours(9), until: MADE_AT - hours(8), lostMinutes: { min: 1055, max: 1065 } },
    { from: MADE_AT - hours(1), lostMinutes: { min: 60 } },
  ];
  const page = renderFleetHtml(fleetOf(aFleetJob({ health: 'failing', outages })));
  expect(page).toContain('1,055 to 1,065 log minutes lost');
  expect(page).toContain('at least 60 log minutes lost');
  expect(page).toContain('1,115 or more');
});

test('a green mark is only for what was seen to push lately', () => {
  const page = (seenAt: number) =>
    renderFleetHtml(
      buildFleetReport(
        aFleetInput({ runs: [], instances: [{ crn: INSTANCE_CRN, seenAt, jobs: [aFleetJob()] }] }),
      ),
    );
  expect(page(MADE_AT - minutes(2))).toContain('<span class="badge ok">pushing</span>');
  expect(page(MADE_AT - hours(2))).not.toContain('badge ok');
  expect(page(MADE_AT - hours(2))).toContain('unknown, was: pushing');
});

test('a run that is overdue is flagged', () => {
  const runs = [aKeptRun({ finishedAt: MADE_AT - hours(3) })];
  const page = renderFleetHtml(buildFleetReport(aFleetInput({ runs })));
  expect(page).toContain('check-logpush has not reported for 3 h');
  expect(page).toContain('<span class="badge warning">overdue</span>');
});

test('2,000 jobs are one page, the healthy ones folded by zone', () => {
  const jobs = Array.from({ length: 2_000 }, (_, n) =>
    aFleetJob({ jobId: n, zone: { id: `z${n >> 2}`, name: `zone-${n >> 2}.example` } }),
  );
  const page = renderFleetHtml(fleetOf(...jobs));
  expect(count(page, /<details class="zone">/g)).toBe(500);
  expect(count(page, /<li class="job /g)).toBe(2_000);
  expect(page.length).toBeLessThan(3_000_000);
});
