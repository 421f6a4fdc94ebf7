import { expect, test } from 'vitest';
import { MANIFEST } from '../../bench/scale/failures/keeper.ts';
import { resourcePlotsOf } from '../../bench/scale/plots.ts';
import { answerOf, instancesOf } from '../../bench/scale/resources/endless-cloud.ts';
import { growthPerZone, measureResources } from '../../bench/scale/resources/measure.ts';
import { costTable, resourceTable } from '../../bench/scale/table.ts';
import { costOf } from '../../infra/code-engine/cost.ts';

const NOW = Date.UTC(2026, 2, 1);
const urlOf = (guid: string, page: number): URL =>
  new URL(`http://127.0.0.1/cis/v1/crn:v1:a%2F1:${guid}::/zones?page=${page}&per_page=400`);

test('a fleet without memory has each zone once, in instances of a thousand at most', () => {
  const ids = instancesOf(2_300).flatMap((guid) =>
    [1, 2, 3].flatMap((page) => {
      const answer = answerOf(urlOf(guid, page), 2_300, NOW) as {
        readonly result: readonly { id: string }[];
      };
      return answer.result.map(({ id }) => id);
    }),
  );
  expect(instancesOf(2_300).length).toBe(3);
  expect(ids.length).toBe(2_300);
  expect(new Set(ids).size).toBe(2_300);
});

test('processes of their own see every job of the fleet, the keeper as well as the script', async () => {
  const zones = 8;
  const taken = await measureResources(zones);
  expect(taken).toMatchObject({ zones, jobs: 4 * zones });
  expect(Math.min(taken.endBytes, taken.cpuMsPerZone, taken.scriptCpuMsPerZone)).toBeGreaterThan(0);
  expect(taken.mostBytes).toBeGreaterThan(taken.endBytes);
  const larger = { ...taken, zones: zones + 10, endBytes: taken.endBytes + 5_120 };
  expect(growthPerZone(taken, larger)).toBe(512);
  expect([...resourceTable([taken, larger])].at(-1)).toBe(
    '  each zone between 8 and 18 adds 512 bytes to what is alive then',
  );
  const plots = [...resourcePlotsOf([taken, larger])].map(([, { series }]) =>
    series.map(({ points }) => points.map(([at]) => at)),
  );
  expect(plots).toEqual([
    [
      [8, 18],
      [8, 18],
    ],
    [
      [8, 18],
      [8, 18],
    ],
  ]);
});

test('what a month costs is told by fleet, at list prices and beyond what is free', async () => {
  const cost = await costOf({ path: MANIFEST, source: 'manifest.yml', env: {} }, 2);
  const [, line] = costTable([cost]);
  expect(line).toBe(
    `  2 zones with 5 jobs: USD ${cost.total.list.toFixed(2)} at list prices, ${cost.billed.toFixed(2)} beyond what is free`,
  );
});
