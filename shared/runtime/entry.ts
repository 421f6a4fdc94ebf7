import { minutes } from '../domain/time.ts';
import { ConfigError } from '../errors.ts';
import { describeError, isExpected } from '../sweeps/context.ts';
import { exitCode, type FunctionName, runFunction } from './invocation.ts';
import { type Environment, readConfig, realSurroundings, rereader } from './prepare.ts';
import { readTrigger } from './trigger.ts';

/** A run stops cleanly before the platform ends it (`timeout` in manifest.yml); what is left the next run does. */
export const RUN_MS = minutes(14);

/**
 * The entry point of a scheduled function: one run, the log as JSON lines on stdout, the report as the last line.
 * The configuration comes from `KEEPER_CONFIG` or `KEEPER_CONFIG_TEXT`, what started it from what Code Engine sets.
 *
 * @returns the exit code: 0 for a run that could run, whatever it found; 1 for one that could not
 */
export const defineFunction =
  (name: FunctionName) =>
  async (env: Environment = process.env): Promise<number> => {
    const write = (line: string): void => {
      process.stdout.write(`${line}\n`);
    };
    try {
      const config = readConfig(undefined, env);
      const surroundings = await realSurroundings(config, write);
      try {
        const deadlineAt = surroundings.clock.now() + RUN_MS;
        const report = await runFunction(
          name,
          config,
          { ...surroundings, deadlineAt },
          { plan: false, trigger: readTrigger(env), reread: rereader(config, undefined, env) },
        );
        write(JSON.stringify(report));
        return exitCode(report.outcome, false);
      } finally {
        await surroundings.close();
      }
    } catch (error) {
      process.stderr.write(`${explainFailure(error)}\n`);
      return 1;
    }
  };

/**
 * Why a run could not begin, for people. Of an error that is not ours only the kind and the place are told, because
 * nobody knows what its message holds.
 */
export function explainFailure(error: unknown): string {
  if (error instanceof ConfigError) {
    return error.problems
      .map(({ source, line, column, message, fix }) => {
        const place = line === 0 ? source : `${source}:${line}:${column}`;
        return `${place}: ${message}\n    fix: ${fix}`;
      })
      .join('\n');
  }
  if (isExpected(error)) return `the run stopped: ${describeError(error)}`;
  if (!(error instanceof Error)) return 'the run stopped: an unexpected error';
  const place = (error.stack ?? '').split('\n').find((line) => /^\s+at /.test(line));
  return `the run stopped: unexpected ${error.name}${place === undefined ? '' : ` ${place.trim()}`}`;
}
