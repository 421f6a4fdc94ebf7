import { formatDuration, formatInstant, minutes } from '../domain/time.ts';
import type { Clock } from '../ports.ts';
import { nextOf, type Schedule } from './manifest/schedules.ts';
import { sleepUnlessStopped } from './stop.ts';

export interface SchedulerOptions<Name extends string> {
  readonly schedules: readonly Schedule<Name>[];
  /** The clock that the schedules follow, as it is by then. */
  readonly clock: () => Clock;
  /** When it aborts nothing starts any more; what runs ends by itself. */
  readonly stop: AbortSignal;
  /** Runs one function. Never rejects. @returns what came of it, in a few words */
  readonly run: (action: Name) => Promise<string>;
  /** Takes a line for people. */
  readonly tell: (line: string) => void;
}

/**
 * Runs functions on their schedules until it is told to stop, a line for each run. Different functions run side by side. One
 * never overlaps itself: starts that come while it runs are left out.
 */
export async function runSchedules<Name extends string>(options: SchedulerOptions<Name>): Promise<void> {
  const actions = [...new Set(options.schedules.map(({ action }) => action))];
  await Promise.all(actions.map((action) => live(action, options)));
}

async function live<Name extends string>(action: Name, options: SchedulerOptions<Name>): Promise<void> {
  const { schedules, clock, stop, run, tell } = options;
  const next = nextOf(schedules.filter((schedule) => schedule.action === action));
  let nextAt = next(clock().now());
  tell(`${action}: first start ${formatInstant(nextAt)}`);
  while (await comes(nextAt, next, options)) {
    const startedAt = clock().now();
    const came = await run(action);
    const endedAt = clock().now();
    nextAt = next(endedAt);
    const then = stop.aborted ? 'stopped' : `next start ${formatInstant(nextAt)}`;
    tell(`${formatInstant(startedAt)} ${action}: ${came}, ${formatDuration(endedAt - startedAt)}; ${then}`);
  }
}

/** A machine that sleeps counts no time, and its clock may be set: nobody waits longer without looking at it. */
const LOOK_MS = minutes(1);

/** Waits for a start, or for the one before it when the clock is set back. @returns whether it has come */
async function comes(
  start: number,
  next: (at: number) => number,
  { clock, stop }: Pick<SchedulerOptions<string>, 'clock' | 'stop'>,
): Promise<boolean> {
  let [startAt, seenAt] = [start, clock().now()];
  do {
    const restMs = Math.min(startAt - seenAt, LOOK_MS);
    if (!(await sleepUnlessStopped(clock(), restMs, stop))) return false;
    const now = clock().now();
    if (now < seenAt) startAt = Math.min(startAt, next(now));
    seenAt = now;
  } while (seenAt < startAt);
  return true;
}
