import { ConfigError } from '../errors.ts';
import { describeError, isExpected } from '../sweeps/context.ts';
import { isWorthAnotherTry, LEDGER_GRACE_MS, readInstance, readRunMs } from './code-engine.ts';
import type { ReadFile } from './connect.ts';
import { exitCode, type FunctionName, runFunction } from './invocation.ts';
import { type Environment, readConfig, realSurroundings, rereader } from './prepare.ts';
import { reportLine } from './report-line.ts';
import { type Signals, untilStopped } from './stop.ts';
import { readTrigger } from './trigger.ts';

/** What a run is given in place of the machine's own. */
interface EntryOptions {
  /** Gives the run its network, clock, randomness, log and ledger. */
  readonly surround?: typeof realSurroundings;
  /** Reads the configuration, the files it names, and the token file of a trusted profile. */
  readonly readFile?: ReadFile;
  /** Takes one line of the log, without its end. */
  readonly write?: (line: string) => void;
  /** What tells that the run is to stop. */
  readonly signals?: Signals;
}

/** One run of a function. @returns the exit code */
export type Entry = (env?: Environment, options?: EntryOptions) => Promise<number>;

/**
 * The entry point of a scheduled function: one run, the log as JSON lines on stdout, the report as the last line.
 * The configuration comes from `KEEPER_CONFIG` or `KEEPER_CONFIG_TEXT`, what started it from what Code Engine sets. Never
 * rejects.
 *
 * @returns the exit code: 0 for a run that could run, whatever it found, and for one that is not to be tried again; 1 for one
 *   that could not, and for which another try has time
 */
export const defineFunction =
  (name: FunctionName): Entry =>
  async (env = process.env, options = {}) => {
    const { write = toStdout } = options;
    try {
      return await untilStopped((stop) => runOnce(name, env, { ...options, write, stop }), options.signals);
    } catch (error) {
      // The last line is the outcome here as well.
      const detail = explainFailure(error);
      write(
        JSON.stringify({
          level: 'error',
          message: 'run could not be done',
          function: name,
          outcome: 'failed',
          detail,
        }),
      );
      return 1;
    }
  };

async function runOnce(
  name: FunctionName,
  env: Environment,
  {
    surround = realSurroundings,
    readFile,
    write,
    stop,
  }: EntryOptions & {
    readonly write: (line: string) => void;
    readonly stop: AbortSignal;
  },
): Promise<number> {
  const { isIdle, shard, retry } = readInstance(env, name);
  if (isIdle) {
    const message = 'nothing to do: index 0 sees to the whole fleet';
    write(JSON.stringify({ level: 'info', message, function: name, outcome: 'ok' }));
    return 0;
  }
  const runMs = readRunMs(env);
  const config = readConfig(undefined, env, readFile);
  const { close, ...surroundings } = await surround(config, write, readFile, runMs + LEDGER_GRACE_MS);
  try {
    if (retry > 0) surroundings.log.warn('the platform tries this run again', { function: name, retry });
    const startedAt = surroundings.clock.now();
    const deadlineAt = startedAt + runMs;
    const report = await runFunction(
      name,
      config,
      { ...surroundings, deadlineAt, stop, ...(readFile === undefined ? {} : { readFile }) },
      { plan: false, shard, trigger: readTrigger(env), reread: rereader(config, undefined, env, readFile) },
    );
    write(reportLine(report));
    // Who was told to stop has not failed: to be started again at once is not what was meant.
    if (stop.aborted) return 0;
    const isOver = !isWorthAnotherTry(surroundings.clock.now() - startedAt, runMs);
    return isOver ? 0 : exitCode(report, false);
  } finally {
    await close();
  }
}

const toStdout = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** Makes an entry point the program of this process. A bundle for Code Engine is CommonJS, which cannot wait at its top. */
export function runAsProgram(main: Entry): void {
  void main().then((code) => {
    process.exitCode = code;
  });
}

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
