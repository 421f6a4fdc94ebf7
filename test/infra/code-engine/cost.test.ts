import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { PRICES } from '../../../infra/code-engine/cost/prices.ts';
import { billedOf, costOf, listOf, renderCost, usageOf } from '../../../infra/code-engine/cost.ts';

const path = fileURLToPath(new URL('../../../manifest.yml', import.meta.url));
const MANIFEST = { path, source: 'manifest.yml', env: {} };

test('IBM’s own example: 600 calls of 6 s with half a vCPU and 2 GB', () => {
  const used = usageOf({ kind: 'function', cpu: 0.5, gb: 2 }, 600, 6);
  expect(used).toEqual({ vcpuSeconds: 0.5 * 3600, gbSeconds: 2 * 3600, calls: 600 });
});

test.each([
  ['every five minutes, 21 s', 0.25, 1, 8640, 21, 2.2, 0],
  ['daily, ten minutes', 0.25, 1, 30, 600, 0.22, 0],
  ['the same with the default size', 1, 4, 30, 600, 0.87, 0],
  ['more than is free of both', 1, 4, 8640, 21, 8.81, 4.67],
])('%s', (_, cpu, gb, runs, each, list, billed) => {
  const used = usageOf({ kind: 'job', cpu, gb }, runs, each);
  expect(listOf(used, PRICES)).toBeCloseTo(list, 2);
  expect(billedOf(used, PRICES)).toBeCloseTo(billed, 2);
});

test('a month of the manifest: runs by its schedules, seconds as measured, and what is free taken off', async () => {
  const cost = await costOf(MANIFEST, 12, { mostMeasured: 6 });
  expect(cost).toMatchObject({ zones: 12, jobs: 36, measuredZones: 6, stopped: [] });
  expect(cost.actions.map(({ name, runs }) => [name, runs])).toEqual([
    ['check-logpush', 8640],
    ['reenable-logpush', 8640],
    ['rotate-keys', 2880],
    ['verify-buckets', 720],
    ['ensure-logpush', 30],
    ['webhook', 0],
  ]);
  const [check, , rotate] = cost.actions;
  // A run of check-logpush calls CIS twice and once for each zone, side by side; ten seconds are its start.
  expect(check?.seconds).toBeGreaterThan(10.2);
  expect(check?.seconds).toBeLessThan(12);
  expect(rotate?.seconds).toBeGreaterThan(10.5);
  const list = cost.actions.reduce((sum, one) => sum + one.list, 0);
  expect(cost.total.list).toBeCloseTo(list, 6);
  expect(cost.billed).toBe(billedOf(cost.total, PRICES));
  const told = [...renderCost(cost)].join('\n');
  expect(told).toContain('for 12 zones with 36 Logpush jobs: USD, list of 2026-08-11');
  expect(told).toMatch(/total +\d+ +\d+ +\d+\.\d\d/);
  expect(told).toContain('6 zones were measured; the rest is taken in proportion.');
});

test('of several instances each looks at its share, and each is paid for', async () => {
  const text = readFileSync(path, 'utf8').replace(
    'check-logpush.ts\n',
    'check-logpush.ts\n          arraySize: 25\n',
  );
  const cost = await costOf({ text, source: 'manifest.yml', env: {} }, 10_000, { mostMeasured: 6 });
  const [check, reenable] = cost.actions;
  expect(cost.stopped).not.toContain('check-logpush');
  expect(check).toMatchObject({ runs: 8640, instances: 25 });
  // 400 zones each, of which 6 were measured.
  expect(check?.seconds).toBeGreaterThan(10);
  expect(check?.vcpuSeconds).toBeCloseTo(8640 * 25 * (check?.seconds ?? 0) * 0.25, 3);
  expect(reenable).toMatchObject({ instances: 1 });
  expect([...renderCost(cost)].join('\n')).toMatch(/check-logpush × 25 +8640/);
});

test('a fleet that no run gets through is said to be so, and costs no more than the runs may take', async () => {
  const cost = await costOf(MANIFEST, 30_000, { mostMeasured: 2 });
  expect(cost.stopped).toContain('check-logpush');
  expect(cost.actions[0]?.seconds).toBe(10 + 900 - 60);
  expect(cost.overlapping).toContain('check-logpush');
  expect([...renderCost(cost)].join('\n')).toContain('the next one goes on: check-logpush');
});

test('where one run of rotate-keys has no time for all zones, it is said how much it needs', async () => {
  const whole = readFileSync(path, 'utf8');
  const costWith = (zones: number, timeout: number) =>
    costOf(
      { text: whole.replaceAll('timeout: 900', `timeout: ${timeout}`), source: 'manifest.yml', env: {} },
      zones,
      { mostMeasured: 1 },
    );
  const short = await costWith(881, 900);
  expect(short.lastLookNeeds).toBe(901);
  expect([...renderCost(short)].at(-1)).toContain('give it timeout: 901');
  for (const enough of [await costWith(880, 900), await costWith(881, 901)])
    expect(enough.lastLookNeeds).toBeUndefined();
});

test.each([0, 1.5, Number.NaN])('%d zones are none', async (zones) => {
  await expect(costOf(MANIFEST, zones)).rejects.toThrow(RangeError);
});
