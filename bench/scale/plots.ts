import { seconds } from '../../shared/domain/time.ts';
import { LIMITS } from './cloud.ts';
import type { Row, Work } from './measure.ts';
import type { Plot } from './plot.ts';
import type { Resources } from './resources/measure.ts';

type Named = readonly [name: string, plot: Plot];

/** Zones against calls and against time, a plot for each work and limit. */
export function* plotsOf(rows: readonly Row[]): Generator<Named> {
  const works: readonly Work[] = ['look', 'move'];
  for (const work of works)
    for (const [index, { name: limit }] of LIMITS.entries()) {
      const group = rows.filter((row) => row.work === work && row.limit === limit);
      const plot = (
        y: string,
        of: (row: Row) => number,
        bound: string,
        least: (row: Row) => number,
      ): Plot => ({
        title: `${work}, at ${limit}`,
        x: 'zones',
        y,
        series: [
          ...[...Map.groupBy(group, ({ who }) => who)].map(([name, points]) => ({
            name,
            points: points.map((row) => [row.zones, of(row)] as const),
          })),
          { name: bound, isBound: true, points: floorOf(group, least) },
        ],
      });
      yield [
        `${work}-calls-${index + 1}`,
        plot(
          'calls to CIS',
          (row) => row.calls['cis'] ?? 0,
          'floor',
          (row) => row.floor.calls,
        ),
      ];
      yield [
        `${work}-time-${index + 1}`,
        plot(
          'seconds',
          (row) => row.ms / seconds(1),
          'floor, a minute free',
          (row) => row.floor.strictMs / seconds(1),
        ),
      ];
    }
}

/** Once for each number of zones: it is the same for everybody. */
const floorOf = (rows: readonly Row[], least: (row: Row) => number) => [
  ...new Map(rows.map((row) => [row.zones, least(row)])),
];

/** Zones against memory and against CPU. */
export function* resourcePlotsOf(taken: readonly Resources[]): Generator<Named> {
  const series = (name: string, of: (one: Resources) => number) => ({
    name,
    points: taken.map((one) => [one.zones, of(one)] as const),
  });
  const look = { title: 'a look, in a process of its own', x: 'zones' };
  const end = series('when it has looked', ({ endBytes }) => endBytes / 1e6);
  const most = series('at most', ({ mostBytes }) => mostBytes / 1e6);
  yield ['look-heap', { ...look, y: 'MB alive', series: [end, most] }];
  const ours = series('logpush-keeper', ({ zones, cpuMsPerZone }) => (zones * cpuMsPerZone) / seconds(1));
  const script = series(
    'sequential script',
    ({ zones, scriptCpuMsPerZone }) => (zones * scriptCpuMsPerZone) / seconds(1),
  );
  yield ['look-cpu', { ...look, y: 'CPU seconds', series: [ours, script] }];
}
