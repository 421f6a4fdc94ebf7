import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadWorld } from '../../../infra/local/load-world.ts';
import type { Finding } from '../../../shared/domain/finding.ts';
import { buildFleetReport } from '../../../shared/domain/fleet-build.ts';
import type { FleetReport } from '../../../shared/domain/fleet-report.ts';
import { minutes } from '../../../shared/domain/time.ts';
import { FleetReportSchema, fleetReportJsonSchema } from '../../../shared/runtime/fleet-schema.ts';
import { renderFleetHtml } from '../../../shared/runtime/render-html.ts';
import { aFleetInput, aFleetJob, aKeptRun, fleetOf, MADE_AT } from '../../support/fleet.ts';
import { violations } from '../../support/json-schema.ts';
import { randomFleet } from '../../support/random-fleet.ts';
import { virtualKeeper } from '../../support/virtual-keeper.ts';

const published = JSON.parse(
  readFileSync(new URL('../../../docs/fleet-report-1.schema.json', import.meta.url), 'utf8'),
) as Record<string, unknown>;

/** As a program gets it. */
const printed = (report: FleetReport): unknown => JSON.parse(JSON.stringify(report));

test('the published schema is the one that is printed', async () => {
  const { code, out } = await virtualKeeper().cli('report', 'schema');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toEqual(published);
});

test('any report conforms, and has no member that the schema does not tell of', () => {
  fc.assert(
    fc.property(randomFleet, (report) => {
      const json = printed(report);
      expect(violations(published, json)).toEqual([]);
      expect(FleetReportSchema.parse(json)).toEqual(json);
    }),
    { numRuns: 300 },
  );
});

test('the report of a fleet in trouble conforms', async () => {
  const keeper = virtualKeeper({ file: loadWorld('demo'), notify: true });
  for (const name of ['check-logpush', 'rotate-keys', 'reenable-logpush', 'verify-buckets'] as const)
    await keeper.run(name);
  keeper.clock.advance(minutes(10));
  await keeper.run('check-logpush');
  const json: unknown = JSON.parse((await keeper.cli('report', '--json')).out);
  expect(violations(published, json)).toEqual([]);
  expect(FleetReportSchema.parse(json)).toEqual(json);
  expect(FleetReportSchema.parse(json)).toMatchObject({
    rotations: [{}, {}, {}],
    keys: [{}, {}, {}, {}, {}],
  });
});

test('a report of a later keeper is still good for who reads this version: members are added, none are taken', () => {
  const json = printed(fleetOf(aFleetJob())) as Record<string, unknown>;
  expect(violations(published, { ...json, added: { later: true } })).toEqual([]);
  const { runs: _, ...rest } = json;
  expect(violations(published, rest)).toEqual(['$.runs: is missing']);
  expect(violations(published, { ...json, schema: 2 })).toEqual(['$.schema: is not 1']);
  expect(violations(fleetReportJsonSchema(), { ...json, at: 'now' })).toEqual(['$.at: string is not number']);
});

test('a finding that was kept before findings said who mends them is shown, and mended by whom its code says', () => {
  const old = {
    code: 'job-disabled-by-failures',
    severity: 'critical',
    subject: 'job 1',
    detail: 'x',
    todo: 'y',
  };
  const unknown = { ...old, code: 'of-a-later-keeper' };
  const runs = [aKeptRun({ findings: [old, unknown] as unknown as readonly Finding[] })];
  const report = buildFleetReport(aFleetInput({ runs }));
  expect(report.findings.map(({ repair }) => repair)).toEqual(['keeper', 'person']);
  expect(violations(published, printed(report))).toEqual([]);
  expect(renderFleetHtml(report)).toContain('of-a-later-keeper');
});

test('what explains a finding stands over it on the page, as urgent as the worst of them', () => {
  const because = ['bucket-write-unclear bucket b'];
  const finding = (fields: Partial<Finding>): Finding => ({
    code: 'job-failing',
    severity: 'critical',
    subject: 'job 1',
    detail: 'x',
    todo: 'y',
    repair: 'person',
    ...fields,
  });
  const findings = [
    finding({ because }),
    finding({ subject: 'job 2', because }),
    finding({ code: 'bucket-write-unclear', severity: 'info', subject: 'bucket b' }),
  ];
  const page = renderFleetHtml(
    buildFleetReport(aFleetInput({ at: MADE_AT, runs: [aKeptRun({ findings })] })),
  );
  expect(page).toContain('explains 2 findings');
  expect(page.match(/<article class="finding/g)).toHaveLength(1);
  expect(page).toContain('<article class="finding critical">');
  expect(page.indexOf('bucket-write-unclear')).toBeLessThan(page.indexOf('job-failing'));
});
