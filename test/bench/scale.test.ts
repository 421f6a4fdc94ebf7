import { expect, test } from 'vitest';
import { commandLine } from '../../bench/scale/baselines/command-line.ts';
import { script } from '../../bench/scale/baselines/script.ts';
import { terraform } from '../../bench/scale/baselines/terraform.ts';
import { BenchCloud, LATENCY_MS, LIMITS } from '../../bench/scale/cloud.ts';
import { fleetOf, floorOfLook, floorOfMove, floorOfRotation } from '../../bench/scale/floor.ts';
import { alone } from '../../bench/scale/measure.ts';
import { look, rotate } from '../../bench/scale/ours.ts';
import { svgOf } from '../../bench/scale/plot.ts';
import { benchWorld } from '../../bench/scale/world.ts';

const ZONES = 50;
const JOBS = 200;
const [CALLS_RATIO, TIME_RATIO] = [1.1, 1.2];

test.each(LIMITS)(
  '50 zones with 200 jobs at $name: a look at all of them stays by its floor',
  async (limit) => {
    const file = benchWorld(ZONES, { due: false });
    expect(fleetOf(file)).toEqual({ zones: ZONES, pages: 1, jobs: JOBS });
    const floor = floorOfLook(fleetOf(file));
    const taken = await look(new BenchCloud(file, limit, 1));
    expect(taken.refused).toBe(0);
    expect(taken.calls['cis']).toBeLessThanOrEqual(CALLS_RATIO * floor.calls);
    expect(taken.ms).toBeLessThanOrEqual(TIME_RATIO * floor.ms);
    // Nothing of it waits for a pace, only answers for each other.
    expect(taken.ms).toBeLessThanOrEqual(36 * LATENCY_MS);
  },
);

test.each(LIMITS)('50 zones with 200 jobs at $name: a whole rotation stays by its floor', async (limit) => {
  const file = benchWorld(ZONES, { due: true });
  const fleet = fleetOf(file);
  const { whole, move } = await rotate(new BenchCloud(file, limit, 1), 'complete');
  expect(whole.refused).toBe(0);
  expect(whole.puts).toBe(JOBS);
  expect(whole.calls['cis']).toBeLessThanOrEqual(CALLS_RATIO * floorOfRotation(fleet).calls);
  expect(whole.ms).toBeLessThanOrEqual(TIME_RATIO * floorOfRotation(fleet).ms);
  expect(move.ms).toBeLessThanOrEqual(TIME_RATIO * floorOfMove(fleet).ms);
});

const [FEW_ZONES, FEW_JOBS] = [3, 12];
/** A page, each zone, and each job that is changed; or each job that is looked at, and twice more where it is changed. */
const BY_ZONE = { look: 1 + FEW_ZONES, move: 1 + FEW_ZONES + FEW_JOBS };
const BY_JOB = { look: FEW_JOBS, move: 3 * FEW_JOBS };

test.each([
  [commandLine, BY_ZONE],
  [script, BY_ZONE],
  [terraform, BY_JOB],
])('$name gives every job a key that pushes, and looks at every job', async (baseline, calls) => {
  const [limit] = LIMITS;
  if (limit === undefined) throw new Error('there is no limit');
  const cloud = () => new BenchCloud(benchWorld(FEW_ZONES, { due: true }), limit, 1);
  expect((await alone(cloud(), baseline.look)).calls['cis']).toBe(calls.look);
  const moved = cloud();
  const figures = await alone(moved, baseline.replaceKey);
  expect([figures.puts, figures.calls['cis']]).toEqual([FEW_JOBS, calls.move]);
  const held = [...moved.world.cis.jobs()].map(({ destination }) =>
    destination.elsewhere === undefined ? destination.apiKey : undefined,
  );
  expect(held.length).toBe(FEW_JOBS);
  expect(held.every((key) => key?.startsWith('TRACER-new-key') === true)).toBe(true);
});

test('a plot shows every series, each point that was measured, and bounds with dashes on top', () => {
  const svg = svgOf({
    title: 'a look',
    x: 'zones',
    y: 'calls',
    series: [
      {
        name: 'ours',
        points: [
          [10, 11],
          [100, 101],
        ],
      },
      {
        name: 'floor',
        points: [
          [10, 11],
          [100, 101],
        ],
        isBound: true,
      },
    ],
  });
  expect(svg.match(/<polyline/g)?.length).toBe(2);
  expect(svg.match(/<circle/g)?.length).toBe(2);
  expect(svg.indexOf('>ours<')).toBeLessThan(svg.indexOf('>floor<'));
  expect(svg.match(/<polyline [^>]*stroke-dasharray/g)?.length).toBe(1);
  expect(svg).not.toContain('NaN');
});
