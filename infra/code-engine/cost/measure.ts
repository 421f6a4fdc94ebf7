import { days, minutes } from '../../../shared/domain/time.ts';
import type { Schedule } from '../../../shared/runtime/manifest/schedules.ts';
import { fleetWorld } from '../../local/fleet-world.ts';
import { createMemoryLedger } from '../../story/memory-ledger.ts';
import { runStory } from '../../story/story.ts';
import { configOf, runWith } from '../../story/tell.ts';

/** How long one answer of an IBM API takes. */
export const LATENCY_MS = 80;

/** So long the fleet is watched: the functions that run most often run some times, and meet each other. */
const WATCHED_MS = minutes(31);
const STARTS_AT = '2026-03-01T00:00:00Z';
const SEED = 1;

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/**
 * How long the functions run on average, in milliseconds by name: on their schedules, in virtual time, in a simulated cloud
 * that answers after `LATENCY_MS` and holds CIS to its published limits. A function's first run finds nothing that others have
 * seen and is left out, where there is another one.
 */
export async function measureRuns(
  schedules: readonly Schedule[],
  zones: number,
): Promise<ReadonlyMap<string, number>> {
  const file = fleetWorld(zones, STARTS_AT, WATCHED_MS / days(1));
  const config = configOf(file, SEED);
  const taken = new Map<string, number[]>();
  await runStory({
    file,
    seed: SEED,
    ledger: createMemoryLedger(),
    log: () => SILENT,
    keeper: {
      schedules: schedules.map((schedule) => withinWatch(schedule, file.startsAt)),
      run: async (name, ports, world) => {
        const startedAt = ports.clock.now();
        const report = await runWith(config, (transport) => ({
          send: async (request) => {
            await ports.clock.sleep(LATENCY_MS);
            return transport.send(request);
          },
        }))(name, ports, world);
        // A run that saw nothing would be a cheap one.
        if (report.outcome === 'failed') throw new Error(`the run of ${name} that was to be measured failed`);
        taken.set(name, [...(taken.get(name) ?? []), ports.clock.now() - startedAt]);
        return report;
      },
    },
  });
  return new Map([...taken].map(([name, times]) => [name, mean(times.length > 1 ? times.slice(1) : times)]));
}

const mean = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0) / numbers.length;

/** What does not come while the fleet is watched comes once, after the others have seen it. */
function withinWatch({ action, nextAfter }: Schedule, startsAt: number): Schedule {
  const endsAt = startsAt + WATCHED_MS;
  if (nextAfter(startsAt - 1) <= endsAt) return { action, nextAfter };
  const once = endsAt - minutes(8);
  return { action, nextAfter: (at) => (at < once ? once : Infinity) };
}
