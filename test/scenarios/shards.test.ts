import { expect, test } from 'vitest';
import type { FleetReport } from '../../shared/domain/fleet-report.ts';
import { minutes } from '../../shared/domain/time.ts';
import { runShards } from '../support/sharded.ts';
import { virtualKeeper } from '../support/virtual-keeper.ts';

const CHECK = 'check-logpush';

/** A report without what differs from look to look: when it was, who made it, and how often zones were listed. */
function comparable(json: string): unknown {
  const { runs, findings, ...report } = JSON.parse(json) as FleetReport;
  const isTime = (key: string): boolean => /At$|^at$|^from$|^until$|^since$/.test(key);
  const timeless = JSON.stringify(report, (key, value: unknown) => (isTime(key) ? 0 : value));
  const found = findings.map(({ code, subject, severity }) => `${severity} ${code} ${subject}`);
  const ran = runs.map(({ function: name, last }) => [name, last?.outcome]);
  return [JSON.parse(timeless), found.toSorted(), ran];
}

test('three shards leave the report of the fleet that one run leaves, and each job is in one of them', async () => {
  const [one, three] = [virtualKeeper(), virtualKeeper()];
  for (const { clock, world } of [one, three]) {
    clock.advance(minutes(20));
    world.catchUp();
  }
  const whole = await one.run(CHECK);
  const parts = await runShards(three, CHECK, 3);
  expect(parts.map(({ jobs }) => jobs.length)).not.toContain(0);
  const seen = parts.flatMap(({ jobs }) => jobs.map(({ label }) => label));
  expect(seen.toSorted()).toEqual(whole.jobs.map(({ label }) => label).toSorted());
  expect(comparable((await three.cli('report', '--json')).out)).toEqual(
    comparable((await one.cli('report', '--json')).out),
  );
  expect(await three.ledger.list('observations/')).toHaveLength(6);
});
