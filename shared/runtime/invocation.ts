import { finding } from '../domain/finding.ts';
import { omit } from '../domain/omit.ts';
import type { RunReport } from '../domain/report.ts';
import { type Shard, WHOLE } from '../domain/shard.ts';
import { days, hours, minutes } from '../domain/time.ts';
import { type Narrowed, narrowRotation, ofShard, reportTrigger, type Trigger } from '../domain/trigger.ts';
import { checkLogpush } from '../sweeps/check-logpush.ts';
import {
  describeError,
  isExpected,
  type Permission,
  type SweepContext,
  type SweepResult,
} from '../sweeps/context.ts';
import { ensureLogpush } from '../sweeps/ensure-logpush.ts';
import { reenableLogpush } from '../sweeps/reenable-logpush.ts';
import { rotateKeys } from '../sweeps/rotate-keys.ts';
import { verifyBuckets } from '../sweeps/verify-buckets.ts';
import { concludeRun } from './conclude.ts';
import { type Config, modeOf } from './config/config.ts';
import { connect, type Surroundings } from './connect.ts';
import { watchedLedger } from './watched-ledger.ts';

/** The scheduled functions and their sweeps. */
const SWEEPS = {
  'check-logpush': checkLogpush,
  'reenable-logpush': reenableLogpush,
  'rotate-keys': rotateKeys,
  'verify-buckets': verifyBuckets,
  'ensure-logpush': ensureLogpush,
} as const satisfies Record<string, (context: SweepContext) => Promise<SweepResult>>;

export type FunctionName = keyof typeof SWEEPS;

export const isFunctionName = (name: string): name is FunctionName => Object.hasOwn(SWEEPS, name);

/** How often each function runs by `manifest.yml`. */
export const SCHEDULED = [
  { name: 'check-logpush', everyMs: minutes(5) },
  { name: 'reenable-logpush', everyMs: minutes(5) },
  { name: 'rotate-keys', everyMs: minutes(15) },
  { name: 'verify-buckets', everyMs: hours(1) },
  { name: 'ensure-logpush', everyMs: days(1) },
] as const satisfies readonly { readonly name: FunctionName; readonly everyMs: number }[];

/**
 * The functions that have something to do, and whose silence means something: without declared jobs nothing is made. How
 * often each runs is what the configuration was told, or else what `manifest.yml` says.
 */
export const scheduledFor = ({
  logpushJobs,
  periods,
}: Pick<Config, 'logpushJobs' | 'periods'>): readonly {
  readonly name: FunctionName;
  readonly everyMs: number;
}[] =>
  SCHEDULED.flatMap(({ name, everyMs }) => {
    const period = periods === undefined ? everyMs : periods[name];
    const hasNothingToDo = name === 'ensure-logpush' && logpushJobs.length === 0;
    return period === undefined || hasNothingToDo ? [] : [{ name, everyMs: period }];
  });

export const FUNCTION_NAMES: readonly string[] = Object.keys(SWEEPS);

/** How one run differs from what the configuration says. */
interface RunOptions {
  /** Decide and report everything, change nothing, the ledger included. */
  readonly plan: boolean;
  /** Names of the bindings whose key is to be rotated now. */
  readonly forced?: readonly string[];
  /** `rotate-keys`: a key that somebody else has. */
  readonly compromised?: SweepContext['compromised'];
  /** `reenable-logpush` also switches on jobs that were never seen enabled. */
  readonly adoptDisabled?: boolean;
  /** `ensure-logpush` makes every declared job as declared, whatever `onDrift` says. */
  readonly enforce?: boolean;
  /** The part of the fleet that is this instance's; absent = all of it. */
  readonly shard?: Shard;
  /** What started it; absent = not told. */
  readonly trigger?: Trigger;
  /**
   * The configuration as it is by then; undefined when it cannot be read any more. Absent = it cannot change while the
   * run lasts.
   */
  readonly reread?: () => Config | undefined;
}

/**
 * Runs one function once and reports on it. It always returns a report: what could not be done is in it. What it found
 * and did is kept in the ledger as well, except of a plan.
 */
export async function runFunction(
  name: FunctionName,
  config: Config,
  surroundings: Surroundings,
  options: RunOptions,
): Promise<RunReport> {
  const { plan, forced = [], compromised, trigger, shard = WHOLE, reread = () => config } = options;
  const { ledger, isUnavailable } = watchedLedger(surroundings.ledger);
  const connected = connect(config, { ...surroundings, ledger }, { plan });
  const { ports, counts } = connected;
  const { clock, log } = surroundings;
  const runId = surroundings.random.hex(12);
  const mode = plan ? 'plan' : modeOf(config, name);
  const startedAt = clock.now();
  // To the other functions an event is only a hint to look now.
  const narrowed: Narrowed =
    compromised !== undefined
      ? { scope: secretsOf(config, compromised.bindings) }
      : name === 'rotate-keys' && trigger !== undefined
        ? ofShard(shard, narrowRotation(trigger))
        : { scope: 'all' };
  const schedules = scheduledFor(config);
  const everyMs = schedules.find((scheduled) => scheduled.name === name)?.everyMs;
  let result: SweepResult;
  try {
    const { instances, bindings } = config;
    result = await SWEEPS[name]({
      ports,
      runId,
      mode,
      instances,
      bindings,
      forced: new Set(forced),
      ...(compromised === undefined ? {} : { compromised }),
      scope: narrowed.scope,
      shard,
      holds: config.holds,
      permission: async () => permissionIn(reread(), name),
      repair: {
        adoptDisabled: options.adoptDisabled === true || config.policies.repair.onFirstLook === 'repair',
        byHand: options.adoptDisabled === true,
        ...(config.policies.repair.maxChanges === undefined
          ? {}
          : { maxChanges: config.policies.repair.maxChanges }),
      },
      declared: { jobs: config.logpushJobs, enforce: options.enforce === true },
      calls: counts,
      schedules,
    });
  } catch (error) {
    if (!isExpected(error)) throw error;
    log.warn('run failed', { function: name, runId, error: describeError(error) });
    result = {
      outcome: 'failed',
      findings: [couldNotRun(name, error)],
      actions: [],
      waiting: [],
      jobs: [],
      rotations: [],
    };
  }
  let report: RunReport = {
    schema: 1,
    function: name,
    runId,
    mode,
    ...(trigger === undefined ? {} : { trigger: reportTrigger(trigger, narrowed, result.narrowedTo) }),
    startedAt,
    finishedAt: clock.now(),
    ...omit(result, 'narrowedTo'),
    ...(shard.of === 1 ? {} : { shard }),
    ...(result.outcome === 'failed' && isUnavailable() ? { withoutLedger: true } : {}),
    ...(narrowed.finding === undefined ? {} : { outcome: 'findings', findings: [narrowed.finding] }),
    calls: counts(),
  };
  // What a run that was told to stop has not seen or done says nothing about the fleet: the next one tells.
  if (mode !== 'plan' && surroundings.stop?.aborted !== true)
    report = await concludeRun(config, connected, report, { isWhole: narrowed.scope === 'all', everyMs });
  log.info('run finished', {
    function: name,
    runId,
    mode,
    outcome: report.outcome,
    // Cloud Logs keeps one type by name, and in a report `findings` is a list and `shard` an object.
    ...(shard.of === 1 ? {} : { jobIndex: shard.index }),
    found: report.findings.length,
  });
  return report;
}

const secretsOf = ({ bindings }: Config, names: ReadonlySet<string>): ReadonlySet<string> =>
  new Set(bindings.filter(({ name }) => names.has(name)).map(({ secret }) => secret.id));

/** What cannot be told is no permission. */
const permissionIn = (config: Config | undefined, name: FunctionName): Permission =>
  config === undefined
    ? { mode: 'observe', holds: [], unknown: 'the configuration cannot be read any more' }
    : { mode: modeOf(config, name), holds: config.holds };

const couldNotRun = (name: FunctionName, error: unknown) =>
  finding('run-failed', `function ${name}`, describeError(error));

/**
 * The exit code of a run. By hand: 0 all is well, 1 could not run, 2 needs attention. On Code Engine a run that found
 * something is a good run: the platform would only start a failed one again, and to a ledger that cannot be reached that
 * is of no use either.
 */
export function exitCode(
  { outcome, withoutLedger }: Pick<RunReport, 'outcome' | 'withoutLedger'>,
  byHand: boolean,
): 0 | 1 | 2 {
  if (outcome === 'failed' && withoutLedger === undefined) return 1;
  return outcome === 'ok' || !byHand ? 0 : 2;
}
