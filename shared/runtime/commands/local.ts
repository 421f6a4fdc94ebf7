import { type Shard, shardsOf } from '../../domain/shard.ts';
import { ConfigError } from '../../errors.ts';
import type { Clock } from '../../ports.ts';
import { readRunMs } from '../code-engine.ts';
import type { Config } from '../config/config.ts';
import { explainFailure } from '../entry.ts';
import { FUNCTION_NAMES, type FunctionName, isFunctionName, runFunction } from '../invocation.ts';
import { runSchedules } from '../local.ts';
import { readArraySizes } from '../manifest/capacity.ts';
import { periodsOf, readSchedules, type Schedule } from '../manifest/schedules.ts';
import { readConfig, rereader } from '../prepare.ts';
import { untilStopped } from '../stop.ts';
import { COMMON, type Command, type Invoked, surroundingsOf } from './command.ts';

/**
 * The schedules of the manifest on this machine, until SIGTERM or SIGINT: then nothing starts any more, what is under way
 * ends, and no lease stays behind. Exit code 0, whatever the runs found: each says so itself.
 */
export const LOCAL: Command = {
  words: ['local'],
  takes: [...COMMON, 'manifest'],
  run: (invoked) => untilStopped((stop) => runLocal(invoked, stop), invoked.signals),
};

async function runLocal(invoked: Invoked, stop: AbortSignal): Promise<number> {
  const { options, env, output } = invoked;
  const path = options.manifest ?? 'manifest.yml';
  const schedules = ofFunctions(readSchedules({ path, source: path, env }), path);
  const periods = periodsOf(schedules);
  const arraySizes = readArraySizes({ path, source: path, env });
  let clock = await clockOf(readConfig(options.config, env), invoked);
  const runOne = async (name: FunctionName, shard: Shard): Promise<string> => {
    // As Code Engine tells each instance of an array job.
    const ownEnv = shard.of === 1 ? env : { ...env, JOB_INDEX: String(shard.index) };
    // It may have been changed since the last run.
    const config = { ...readConfig(options.config, ownEnv), periods };
    const { close, ...surroundings } = await surroundingsOf(config, invoked);
    try {
      clock = surroundings.clock;
      const deadlineAt = clock.now() + readRunMs(env);
      const reread = rereader(config, options.config, ownEnv);
      const run = { plan: false, trigger: { kind: 'schedule' }, reread, shard } as const;
      return (await runFunction(name, config, { ...surroundings, deadlineAt, stop }, run)).outcome;
    } finally {
      await close();
    }
  };
  const outcomeOf = async (name: FunctionName, shard: Shard): Promise<string> => {
    try {
      return await runOne(name, shard);
    } catch (error) {
      output.err(`${name}: ${explainFailure(error)}\n`);
      return error instanceof ConfigError ? `skipped: ${firstOf(error)}` : 'failed';
    }
  };
  await runSchedules({
    schedules,
    clock: () => clock,
    stop,
    tell: (line) => output.out(`${line}\n`),
    run: async (name) => {
      const shards = shardsOf(arraySizes.get(name) ?? 1);
      return counted(await Promise.all(shards.map((shard) => outcomeOf(name, shard))));
    },
  });
  return 0;
}

/** What came of all instances of a run, in a few words. */
function counted(outcomes: readonly string[]): string {
  const [first = '', ...others] = new Set(outcomes);
  if (others.length === 0) return first;
  const count = (kind: string): number => outcomes.filter((outcome) => outcome === kind).length;
  return [first, ...others].map((kind) => `${count(kind)} ${kind}`).join(', ');
}

/** Schedules of functions. @throws {ConfigError} when the manifest starts something else */
function ofFunctions(schedules: readonly Schedule[], source: string): readonly Schedule<FunctionName>[] {
  const others = schedules.map(({ action }) => action).filter((action) => !isFunctionName(action));
  if (others.length > 0) {
    const fix = `name one of ${FUNCTION_NAMES.join(', ')}`;
    const said = (name: string): string => `a schedule starts "${name}", which is no function of the keeper`;
    throw new ConfigError(
      [...new Set(others)].map((name) => ({ source, line: 0, column: 0, message: said(name), fix })),
    );
  }
  return schedules.flatMap(({ action, nextAfter }) =>
    isFunctionName(action) ? [{ action, nextAfter }] : [],
  );
}

/** The clock of the surroundings: the machine's, or that of a local cloud. */
async function clockOf(config: Config, invoked: Invoked): Promise<Clock> {
  const { clock, close } = await surroundingsOf(config, invoked);
  await close();
  return clock;
}

/** What is wrong with a configuration, in one line. */
function firstOf({ problems }: ConfigError): string {
  const [first, ...more] = problems;
  if (first === undefined) return 'the configuration is broken';
  const { source, line, column, message } = first;
  const place = line === 0 ? source : `${source}:${line}:${column}`;
  return `${place} ${message}${more.length === 0 ? '' : ` (and ${more.length} more)`}`;
}
