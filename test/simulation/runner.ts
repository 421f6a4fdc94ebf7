import type { VirtualClock } from '../../infra/local/clock.ts';
import type { Clock } from '../../shared/ports.ts';
import type { FunctionName } from '../../shared/runtime/invocation.ts';
import type { Process } from './gate.ts';

/** One of several keepers: its own machine with a clock of its own, and how it was started. */
export interface RunnerSpec {
  readonly name: string;
  /** How far its clock is ahead of the world's, in milliseconds. */
  readonly skewMs: number;
  /** How long after the beginning of the life it starts, and so how long after the full quarter of an hour it runs. */
  readonly offsetMs: number;
  /** How long after the beginning of the life it is stopped for good. */
  readonly stopsAfterMs?: number;
  /** It is of a newer version: its rotation records have a schema that the others do not know. */
  readonly isNewer?: boolean;
}

export const ALONE: RunnerSpec = { name: 'A', skewMs: 0, offsetMs: 0 };

/** One run of one function on a runner. */
export interface RunProcess extends Process {
  readonly runner: RunnerSpec;
  readonly function: FunctionName;
  calls: number;
  /** The ledger was lost while it held a lease: it cannot know, and does at most what it had begun. */
  lostLease: boolean;
}

export const newProcess = (runner: RunnerSpec, name: FunctionName): RunProcess => ({
  dead: false,
  runner,
  function: name,
  calls: 0,
  lostLease: false,
});

export const clockOf = ({ skewMs }: RunnerSpec, clock: VirtualClock): Clock => ({
  now: () => clock.now() + skewMs,
  sleep: (ms) => clock.sleep(ms),
});
