import { CALLS_PER_MINUTE } from '../../shared/domain/call-budget.ts';
import { days, seconds } from '../../shared/domain/time.ts';
import { MARGIN_MS } from '../../shared/runtime/code-engine.ts';
import { readSizes, type Size } from '../../shared/runtime/manifest/capacity.ts';
import type { ManifestOptions } from '../../shared/runtime/manifest/manifest.ts';
import { periodsOf, readSchedules, type Schedule } from '../../shared/runtime/manifest/schedules.ts';
import { jobsIn } from '../local/fleet-world.ts';
import { LATENCY_MS, measureRuns } from './cost/measure.ts';
import { PRICES, type Prices } from './cost/prices.ts';

/** What Code Engine counts in a month. */
interface Usage {
  readonly vcpuSeconds: number;
  readonly gbSeconds: number;
  /** HTTP requests to functions. */
  readonly calls: number;
}

/** What one action costs in a month. */
interface ActionCost extends Usage {
  readonly name: string;
  /** By the schedules of the manifest, in 30 days. */
  readonly runs: number;
  /** So many share the work of one run. */
  readonly instances: number;
  /** Of one instance of a run, the start of its container included. */
  readonly seconds: number;
  /** At list prices, without what is free. */
  readonly list: number;
}

export interface Cost {
  readonly zones: number;
  readonly jobs: number;
  /** So many zones were measured; more of them are taken in proportion. */
  readonly measuredZones: number;
  readonly actions: readonly ActionCost[];
  readonly total: Usage & { readonly list: number };
  /** What is to be paid where nothing else in the account uses what is free. */
  readonly billed: number;
  /** Actions of which one run takes so long that it stops, and the next one goes on. */
  readonly stopped: readonly string[];
  /** Actions of which one run begins before the one before has ended: they share the limits of CIS, and take longer still. */
  readonly overlapping: readonly string[];
  /** The `timeout` that `rotate-keys` should have, in seconds, where its own is too short to take an old key away. */
  readonly lastLookNeeds?: number;
  readonly prices: Prices;
}

/** A larger fleet takes too long to simulate. */
const MOST_MEASURED = 100;

/** From the start of a container until the keeper begins: it is billed, and IBM promises no time. */
const START_SECONDS = 10;

/** What a run of `rotate-keys` does beside its look at every zone, generously. */
const BESIDE_LOOK_SECONDS = 240;

const MONTH_DAYS = 30;
const A_MONTH = Date.UTC(2026, 3, 1);

/**
 * What the functions of a manifest cost in a month on Code Engine, from how long they run in a simulated fleet. Variables that
 * say neither when things run nor how large they are need not be set.
 *
 * @param zones - at least 1
 * @param mostMeasured - a larger fleet is measured with so many zones, and taken in proportion
 * @throws {ConfigError} with every problem of the manifest at once
 * @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-pricing
 */
export async function costOf(
  manifest: ManifestOptions,
  zones: number,
  { prices = PRICES, mostMeasured = MOST_MEASURED } = {},
): Promise<Cost> {
  if (!Number.isInteger(zones) || zones < 1) throw new RangeError('zones must be a whole number from 1');
  const [schedules, sizes] = [readSchedules(manifest), readSizes(manifest)];
  const measuredZones = Math.min(zones, mostMeasured);
  const periods = periodsOf(schedules);
  const wanted = await secondsOf(schedules, sizes, zones, mostMeasured);
  const most = ({ timeout }: Size): number => timeout - MARGIN_MS / seconds(1);
  const actions = sizes.map((size) => {
    const { name, arraySize: instances } = size;
    const runs = startsIn(schedules.filter(({ action }) => action === name));
    const each = runs === 0 ? 0 : START_SECONDS + Math.min(wanted(name), most(size));
    const usage = usageOf(size, runs, each);
    return { name, runs, instances, seconds: each, ...usage, list: listOf(usage, prices) };
  });
  const sum = (of: (one: ActionCost) => number): number => actions.reduce((all, one) => all + of(one), 0);
  const total = {
    vcpuSeconds: sum((one) => one.vcpuSeconds),
    gbSeconds: sum((one) => one.gbSeconds),
    calls: sum((one) => one.calls),
    list: sum((one) => one.list),
  };
  return {
    zones,
    jobs: jobsIn(zones),
    measuredZones,
    actions,
    total,
    billed: billedOf(total, prices),
    stopped: sizes
      .filter((size) => size.kind === 'job' && wanted(size.name) > most(size))
      .map(({ name }) => name),
    overlapping: actions
      .filter(({ name, seconds: each }) => seconds(each) > (periods[name] ?? Infinity))
      .map(({ name }) => name),
    ...lastLookOf(sizes, zones),
    prices,
  };
}

/** Before an old key is taken from anybody one run reads every zone, however many instances share the rest. */
function lastLookOf(sizes: readonly Size[], zones: number): Pick<Cost, 'lastLookNeeds'> {
  const needs = Math.ceil((zones * 60) / CALLS_PER_MINUTE) + BESIDE_LOOK_SECONDS;
  return sizes.some(({ name, timeout }) => name === 'rotate-keys' && timeout < needs)
    ? { lastLookNeeds: needs }
    : {};
}

/** How long one instance of a run would take, by its action: of several each looks at its share of the zones. */
async function secondsOf(
  schedules: readonly Schedule[],
  sizes: readonly Size[],
  zones: number,
  mostMeasured: number,
): Promise<(name: string) => number> {
  const measured = new Map<number, ReadonlyMap<string, number>>();
  const wanted = new Map<string, number>();
  for (const { name, arraySize } of sizes) {
    const share = Math.ceil(zones / arraySize);
    const seen = Math.min(share, mostMeasured);
    const times = measured.get(seen) ?? (await measureRuns(schedules, seen));
    measured.set(seen, times);
    wanted.set(name, ((times.get(name) ?? 0) / seconds(1)) * (share / seen));
  }
  return (name) => wanted.get(name) ?? 0;
}

/** What so many runs of an action use, each of whose instances takes so many seconds. */
export const usageOf = (
  { kind, cpu, gb, arraySize = 1 }: Pick<Size, 'kind' | 'cpu' | 'gb'> & Partial<Pick<Size, 'arraySize'>>,
  runs: number,
  secondsEach: number,
): Usage => ({
  vcpuSeconds: runs * arraySize * secondsEach * cpu,
  gbSeconds: runs * arraySize * secondsEach * gb,
  calls: kind === 'function' ? runs : 0,
});

/** At list prices, as if nothing were free. */
export const listOf = (used: Usage, { vcpuSecond, gbSecond, call }: Prices): number =>
  used.vcpuSeconds * vcpuSecond + used.gbSeconds * gbSecond + used.calls * call;

/** What remains to be paid beyond what is free. */
export function billedOf(used: Usage, prices: Prices): number {
  const { free } = prices;
  const over = {
    vcpuSeconds: Math.max(0, used.vcpuSeconds - free.vcpuSeconds),
    gbSeconds: Math.max(0, used.gbSeconds - free.gbSeconds),
    calls: Math.max(0, used.calls - free.calls),
  };
  return listOf(over, prices);
}

function startsIn(schedules: readonly Schedule[]): number {
  const until = A_MONTH + days(MONTH_DAYS);
  let starts = 0;
  for (const { nextAfter } of schedules)
    for (let at = nextAfter(A_MONTH - 1); at < until; at = nextAfter(at)) starts += 1;
  return starts;
}

/** A cost as a table for people, and what it rests on. */
export function* renderCost(cost: Cost): Generator<string> {
  const { actions, total, prices, zones, jobs, measuredZones, stopped, overlapping, lastLookNeeds } = cost;
  const { currency, asOf, free } = prices;
  const money = (amount: number): string => amount.toFixed(2);
  yield `Code Engine in a month of ${MONTH_DAYS} days, for ${zones} zones with ${jobs} Logpush jobs: ${currency}, list of ${asOf}`;
  yield '';
  yield row('', ['runs', 's a run', 'vCPU-s', 'GB-s', 'list']);
  for (const one of actions)
    yield row(one.instances === 1 ? one.name : `${one.name} × ${one.instances}`, [
      String(one.runs),
      one.seconds.toFixed(1),
      one.vcpuSeconds.toFixed(0),
      one.gbSeconds.toFixed(0),
      money(one.list),
    ]);
  yield row('total', ['', '', total.vcpuSeconds.toFixed(0), total.gbSeconds.toFixed(0), money(total.list)]);
  yield row('beyond what is free', ['', '', '', '', money(cost.billed)]);
  yield '';
  yield `Free in an account each month: ${free.vcpuSeconds} vCPU-s, ${free.gbSeconds} GB-s, ${free.calls} calls. What else runs in yours uses them too.`;
  yield `Measured on a usual day in a simulated cloud that answers after ${LATENCY_MS} ms and holds CIS to its published limits;`;
  yield `${START_SECONDS} s a run for the start of its container are an assumption. Runs that rotate keys or mend jobs take longer; those that`;
  yield 'are started by an alert, and calls of the webhook, come on top. Cloud Logs and the buckets are not in it.';
  if (measuredZones < zones) yield `${measuredZones} zones were measured; the rest is taken in proportion.`;
  if (overlapping.length > 0)
    yield `Their runs overlap, and take longer still, for they share what CIS allows: ${overlapping.join(', ')}.`;
  if (stopped.length > 0)
    yield `One run does not get through the fleet, and the next one goes on: ${stopped.join(', ')}.`;
  if (lastLookNeeds !== undefined)
    yield `Before rotate-keys takes an old key away, one run of it reads every zone: give it timeout: ${lastLookNeeds}, or old keys stay.`;
}

const NAME = 22;
const row = (name: string, columns: readonly string[]): string =>
  `  ${name.padEnd(NAME)}${columns.map((text) => text.padStart(10)).join('')}`.trimEnd();
