import type { RunReport } from '../../shared/domain/report.ts';
import { days } from '../../shared/domain/time.ts';
import type { Clock, LedgerStore, Log, Random, Transport } from '../../shared/ports.ts';
import type { Schedule } from '../../shared/runtime/manifest/schedules.ts';
import { VirtualClock } from '../local/clock.ts';
import { SeededRandom } from '../local/random.ts';
import { InProcessTransport } from '../local/transport.ts';
import { deedAt, World } from '../local/world.ts';
import type { WorldFile } from '../local/world-file.ts';

/** What the keeper is given in a virtual world. */
interface StoryPorts {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly ledger: LedgerStore;
}

/** Runs one function of the keeper once; how, is for the caller to say. */
export type RunFunction = (name: string, ports: StoryPorts, world: World) => Promise<RunReport>;

export interface StoryOptions {
  readonly file: WorldFile;
  readonly seed: number;
  readonly ledger: LedgerStore;
  readonly log: (clock: Clock) => Log;
  /** Absent: the keeper is off. */
  readonly keeper?: { readonly schedules: readonly Schedule[]; readonly run: RunFunction };
  readonly onReport?: (report: RunReport, world: World) => void;
}

/**
 * Lets a world live through its days, with the keeper's functions on their schedules or without any.
 * Time is virtual: nothing waits, and the same file and seed give the same run to the byte.
 */
export async function runStory(options: StoryOptions): Promise<World> {
  const { file, seed, ledger, keeper } = options;
  const clock = new VirtualClock(file.startsAt);
  const world = new World(file, { clock, seed });
  const endsAt = file.startsAt + days(file.days);
  const ports: StoryPorts = {
    transport: new InProcessTransport(world.app, clock),
    clock,
    random: new SeededRandom(seed).fork('keeper'),
    log: options.log(clock),
    ledger,
  };
  const live = async (schedule: Schedule, run: RunFunction): Promise<void> => {
    // One function never overlaps itself here: a start that comes while it runs is left out, as nothing is queued.
    for (let at = schedule.nextAfter(file.startsAt - 1); at <= endsAt; at = schedule.nextAfter(clock.now())) {
      await clock.sleep(at - clock.now());
      const report = await run(schedule.action, ports, world);
      options.onReport?.(report, world);
    }
  };
  const watch = async (at: number): Promise<void> => {
    await clock.sleep(at - clock.now());
    world.catchUp();
  };
  const lives = keeper?.schedules.map((schedule) => live(schedule, keeper.run)) ?? [];
  const deeds = file.timeline.map((deed) => watch(deedAt(file, deed)));
  await clock.run(Promise.all([...deeds, ...lives]));
  clock.advance(endsAt - clock.now());
  world.catchUp();
  return world;
}
