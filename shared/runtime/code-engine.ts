import { MOST_SHARDS, type Shard, SPLIT, WHOLE } from '../domain/shard.ts';
import { minutes, seconds } from '../domain/time.ts';
import { ConfigError } from '../errors.ts';
import type { Environment } from './prepare.ts';

const isSet = (text: string | undefined): text is string => text !== undefined && text !== '';

/** The instance of an array job that does all the work of a function that is not split. */
const WORKING_INDEX = 0;

/** What Code Engine tells a job about this instance of a run. */
export interface Instance {
  /** Another instance of this run does all the work. */
  readonly isIdle: boolean;
  /** The part of the fleet that is this instance's. */
  readonly shard: Shard;
  /** How often this instance was tried before. */
  readonly retry: number;
}

/**
 * Which instance of a job run this is, and what of the work of a function is its own.
 *
 * @throws {ConfigError} for what is no number, and for a function that is split among indices with a gap: nobody would see to
 *   a part of the fleet, or to this instance's
 * @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-job-plan
 */
export function readInstance(env: Environment, name: string): Instance {
  const of = wholeNumber(env, 'JOB_ARRAY_SIZE', 1);
  const index = wholeNumber(env, 'JOB_INDEX', WORKING_INDEX);
  const retry = readRetry(env);
  if (of <= 1) return { isIdle: false, shard: WHOLE, retry };
  if (!SPLIT.has(name)) return { isIdle: index !== WORKING_INDEX, shard: WHOLE, retry };
  if (of > MOST_SHARDS)
    throw wrong('JOB_ARRAY_SIZE', `it is more than ${MOST_SHARDS}`, 'start fewer instances');
  if (index < of) return { isIdle: false, shard: { index, of }, retry };
  throw wrong(
    'JOB_INDEX',
    'it is not below JOB_ARRAY_SIZE, so no part of the fleet is this instance’s',
    'let the indices of the job begin with 0 and leave none out; to start some of them alone, say with scale_array_size_variable_override how many there are in all',
  );
}

const readRetry = (env: Environment): number => wholeNumber(env, 'JOB_INDEX_RETRY_COUNT', 0);

/** The default of a job whose `timeout` is not told: a little less than that of `manifest.yml`. */
const DEFAULT_RUN_MS = minutes(14);
/** What a run keeps for its report and for what has begun. */
export const MARGIN_MS = seconds(60);
/** So long after its deadline a run may still write down what it did: it has ended then before the platform ends it. */
export const LEDGER_GRACE_MS = MARGIN_MS - seconds(5);
/** Below it nothing could begin. */
export const LEAST_TIMEOUT_S = 120;

/**
 * How long a try of a run may go on: it stops cleanly before the platform ends the run after `KEEPER_TIMEOUT` seconds, the
 * `timeout` of `manifest.yml`. What is left the next run does. The platform counts from the first try, and tells nobody when
 * that was: each try takes half of what the one before had (`isWorthAnotherTry`).
 *
 * @throws {ConfigError} for what is no number of seconds, or too few
 * @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-job-plan
 */
export const readRunMs = (env: Environment): number => readMostMs(env) / 2 ** readRetry(env);

/** Whether the time of a run has room for one more try: a try that failed after half of its own leaves less than that takes. */
export const isWorthAnotherTry = (tookMs: number, runMs: number): boolean => tookMs < runMs / 2;

/** @throws {ConfigError} */
function readMostMs(env: Environment): number {
  if (!isSet(env['KEEPER_TIMEOUT'])) return DEFAULT_RUN_MS;
  const timeout = wholeNumber(env, 'KEEPER_TIMEOUT', 0);
  if (timeout >= LEAST_TIMEOUT_S) return seconds(timeout) - MARGIN_MS;
  throw wrong(
    'KEEPER_TIMEOUT',
    `it is less than ${LEAST_TIMEOUT_S}`,
    'give the job more time in manifest.yml',
  );
}

/** @throws {ConfigError} */
function wholeNumber(env: Environment, name: string, absent: number): number {
  const text = env[name];
  if (!isSet(text)) return absent;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw wrong(
    name,
    'it is not a whole number',
    'Code Engine, or the deployer, sets it: do not set it yourself',
  );
}

/** A variable is wrong; its value is not quoted. */
const wrong = (source: string, message: string, fix: string): ConfigError =>
  new ConfigError([{ source, line: 0, column: 0, message, fix }]);
