import type { Cost } from '../../infra/code-engine/cost.ts';
import { hours, seconds } from '../../shared/domain/time.ts';
import type { Row, Work } from './measure.ts';
import { growthPerZone, type Resources } from './resources/measure.ts';
import type { Startup } from './startup.ts';

const TITLES: Readonly<Record<Work, string>> = {
  look: 'to see the state of every job',
  move: 'to give every job another key (ours: the run in which all but the canaries move)',
  rotation: 'a whole rotation, with its waits and its proofs',
};

/** All figures as tables for a terminal, one a work and limit. */
export function* tables(rows: readonly Row[]): Generator<string> {
  const groups = Map.groupBy(rows, ({ work, limit }) => `${TITLES[work]}, at ${limit}`);
  for (const [title, group] of groups) {
    yield title;
    yield line('zones', 'jobs', 'who', [
      'CIS',
      'IAM',
      'COS',
      'SM',
      'others',
      '429',
      'KB',
      'time',
      'CIS÷floor',
      'time÷floor',
      '÷strict',
    ]);
    for (const row of group) yield rowLine(row);
    yield '';
  }
}

/** Those with a column of their own, by the first part of their paths. */
const SERVICES: ReadonlySet<string> = new Set(['cis', 'iam', 'cos', 'secrets-manager']);

function rowLine({ zones, jobs, who, calls, refused, bytes, ms, floor }: Row): string {
  const of = (service: string): string => String(calls[service] ?? 0);
  const others = Object.entries(calls).reduce((sum, [name, n]) => sum + (SERVICES.has(name) ? 0 : n), 0);
  return line(String(zones), String(jobs), who, [
    of('cis'),
    of('iam'),
    of('cos'),
    of('secrets-manager'),
    String(others),
    String(refused),
    String(Math.round(bytes / 1000)),
    time(ms),
    ratio(of('cis'), floor.calls),
    ratio(ms, floor.ms),
    ratio(ms, floor.strictMs),
  ]);
}

const time = (ms: number): string =>
  ms < hours(2) ? `${(ms / seconds(1)).toFixed(1)} s` : `${(ms / hours(1)).toFixed(2)} h`;

const ratio = (of: number | string, to: number): string => (Number(of) / to).toFixed(2);

const line = (zones: string, jobs: string, who: string, columns: readonly string[]): string =>
  `  ${zones.padStart(6)}${jobs.padStart(7)}  ${who.padEnd(20)}${columns.map((text) => text.padStart(11)).join('')}`;

/** What Code Engine takes in a month. */
export function* costTable(costs: readonly Cost[]): Generator<string> {
  yield 'a month on Code Engine';
  for (const { zones, jobs, total, billed, prices, overlapping } of costs) {
    const money = `${prices.currency} ${total.list.toFixed(2)} at list prices, ${billed.toFixed(2)} beyond what is free`;
    const note = overlapping.length > 0 ? `; runs overlap: ${overlapping.join(', ')}` : '';
    yield `  ${zones} zones with ${jobs} jobs: ${money}${note}`;
  }
}

/** What a look takes of a process, from the smallest fleet to the largest, and what each further zone adds. */
export function* resourceTable(taken: readonly Resources[]): Generator<string> {
  yield 'what a look takes of a process';
  for (const { zones, jobs, mostBytes, endBytes, cpuMsPerZone: ours, scriptCpuMsPerZone: script } of taken) {
    const heap = `${(endBytes / 1e6).toFixed(1)} MB alive when it has looked, ${(mostBytes / 1e6).toFixed(1)} at most`;
    const cpu = `CPU a zone ${ours.toFixed(3)} ms, of the script ${script.toFixed(3)} ms, ratio ${ratio(ours, script)}`;
    yield `  ${zones} zones with ${jobs} jobs: ${heap}; ${cpu}`;
  }
  const [small, large] = [taken.at(0), taken.at(-1)];
  if (small === undefined || large === undefined || small === large) return;
  const growth = growthPerZone(small, large).toFixed(0);
  yield `  each zone between ${small.zones} and ${large.zones} adds ${growth} bytes to what is alive then`;
}

/** How long each function takes to start. */
export function* startupTable(startup: readonly Startup[]): Generator<string> {
  const taken = ({ medianMs, ratio: of }: Pick<Startup, 'medianMs' | 'ratio'>): string =>
    `${medianMs.toFixed(0).padStart(6)} ms${of.toFixed(2).padStart(7)}`;
  yield 'from the start of a process to its first call, and with a ledger in a bucket to the first one to COS; then without a cache';
  for (const { name, until, medianMs, ratio: of, cold } of startup) {
    const times = [taken({ medianMs, ratio: of }), ...(cold === undefined ? [] : [taken(cold)])];
    yield `  ${name.padEnd(20)}${until.padEnd(6)}${times.join('  ')}`;
  }
}
