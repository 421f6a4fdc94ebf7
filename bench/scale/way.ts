import type { BenchCloud } from './cloud.ts';

/** What a look has said of jobs, by id. */
export type Named = ReadonlyMap<number, 'failing' | 'disabled'>;

/** Where a way to watch over a fleet lives. */
export interface Stage {
  readonly cloud: BenchCloud;
  /** People hear of these jobs now, from a look that began at this instant. */
  readonly tell: (named: Named, sinceAt: number) => void;
  /** Gives back the roles that are gone, and opens what was shut. @returns the jobs that were in trouble for it */
  readonly putBack: () => Named;
}

/** One way to watch over a fleet and to repair it. */
export interface Way {
  readonly name: string;
  /** How often it looks, and what it does about what it sees. */
  readonly practice: string;
  /** What it leaves out, or what was assumed of it. */
  readonly leavesOut: string;
  /** Everything that it does on its schedules, each without end. */
  readonly lives: (stage: Stage) => readonly Promise<never>[];
}

/** Does something again and again, never twice at once: a start that comes while it runs is left out. */
export async function onSchedule(
  { cloud: { clock } }: Pick<Stage, 'cloud'>,
  nextAfter: (at: number) => number,
  work: () => Promise<void>,
): Promise<never> {
  for (;;) {
    await clock.sleep(nextAfter(clock.now()) - clock.now());
    await work();
  }
}

/** At whole multiples of a period. */
export const every =
  (ms: number) =>
  (at: number): number =>
    (Math.floor(at / ms) + 1) * ms;
