import type { Config } from '../config/config.ts';
import type { Environment, realSurroundings } from '../prepare.ts';
import type { LookOptions } from '../progress.ts';
import type { Signals } from '../stop.ts';

/** The options of the command line, all of them: each command names those that it takes. */
export const OPTIONS = {
  config: { type: 'string' },
  plan: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  verbose: { type: 'boolean', default: false },
  force: { type: 'string', multiple: true, default: [] as string[] },
  event: { type: 'string' },
  'adopt-disabled': { type: 'boolean', default: false },
  enforce: { type: 'boolean', default: false },
  yes: { type: 'boolean', default: false },
  out: { type: 'string' },
  text: { type: 'boolean', default: false },
  compromised: { type: 'string' },
  cut: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
  account: { type: 'string', multiple: true, default: [] as string[] },
  'account-id': { type: 'string', multiple: true, default: [] as string[] },
  'api-key-env': { type: 'string', multiple: true, default: [] as string[] },
  instance: { type: 'string', multiple: true, default: [] as string[] },
  endpoints: { type: 'string' },
  ledger: { type: 'string' },
  overwrite: { type: 'boolean', default: false },
  'read-secrets': { type: 'boolean', default: false },
  alone: { type: 'boolean', default: false },
  manifest: { type: 'string' },
} as const;

export type OptionName = keyof typeof OPTIONS;

/** What every command takes that reads a configuration and calls something. */
export const COMMON = ['config', 'verbose'] as const satisfies readonly OptionName[];

export interface Options {
  readonly config?: string;
  readonly plan: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly force: readonly string[];
  readonly event?: string;
  readonly 'adopt-disabled': boolean;
  readonly enforce: boolean;
  readonly yes: boolean;
  readonly out?: string;
  readonly text: boolean;
  readonly compromised?: string;
  readonly cut?: string;
  readonly account: readonly string[];
  readonly 'account-id': readonly string[];
  readonly 'api-key-env': readonly string[];
  readonly instance: readonly string[];
  readonly endpoints?: string;
  readonly ledger?: string;
  readonly overwrite: boolean;
  readonly 'read-secrets': boolean;
  readonly alone: boolean;
  readonly manifest?: string;
}

/** Where the command line writes. */
export interface Output {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** Gives a run its surroundings: the real ones, or those of a test. */
export type Surround = typeof realSurroundings;

/** What every command is given. */
export interface Invoked {
  readonly options: Options;
  readonly env: Environment;
  readonly output: Output;
  readonly surround: Surround;
  /** What tells a command that lasts to stop. */
  readonly signals: Signals;
}

/** One command: the words that name it, and what it does with the argument after them. */
export interface Command {
  readonly words: readonly string[];
  /** It takes one more word. */
  readonly takesArgument?: boolean;
  /** Those that change what it does; any other is refused, for whoever wrote it expects something of it. */
  readonly takes: readonly OptionName[];
  /** @returns the exit code */
  readonly run: (invoked: Invoked, argument: string) => Promise<number> | number;
}

export const surroundingsOf = (config: Config, { options, output, surround }: Invoked) =>
  surround(config, (line) => {
    if (options.verbose) output.err(`${line}\n`);
  });

/** What a look by hand tells on stderr while it lasts. */
export const lookOptions = ({ options: { alone, json }, output }: Invoked): LookOptions => ({
  alone,
  quiet: json,
  tell: (line) => output.err(`${line}\n`),
});

export function wrongUse(output: Output, why: string): 1 {
  output.err(`${why}\n`);
  return 1;
}

export const errorCode = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unexpected error';

/** JSON for people and programs: two spaces, and a line end. */
export const asJson = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
