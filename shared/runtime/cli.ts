import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { verdictOf } from '../domain/fleet-verdict.ts';
import type { Trigger } from '../domain/trigger.ts';
import { abandon } from './abandon.ts';
import { CUTS, concernedBy, isInJobs, tellUsers, usersOf } from './compromised.ts';
import { type Config, configJsonSchema } from './config.ts';
import { explainFailure } from './entry.ts';
import { readFleet } from './fleet.ts';
import { exitCode, FUNCTION_NAMES, type FunctionName, isFunctionName, runFunction } from './invocation.ts';
import { type Environment, readConfig, realSurroundings, rereader } from './prepare.ts';
import { renderReport } from './render.ts';
import { renderFleetHtml } from './render-html.ts';
import { renderStatus } from './render-rotations.ts';
import { readStatus } from './status.ts';
import { parseEvent } from './trigger.ts';

const USAGE = `usage: keeper <function> --config FILE [--plan] [--json] [--verbose]
       keeper rotate-keys --config FILE --force BINDING
       keeper rotate-keys --config FILE --event FILE
       keeper rotate-keys --config FILE --compromised KEY_ID --cut after-move|now [--yes]
       keeper status --config FILE [--json]
       keeper report --config FILE [--out FILE] [--json]
       keeper rotation abandon BINDING --config FILE [--yes]
       keeper config check --config FILE
       keeper config schema

functions: ${FUNCTION_NAMES.join(', ')}

  --config FILE  the configuration, keeper.yml
  --plan         say what would be done, and change nothing
  --json         the report as JSON on stdout
  --out FILE     report: writes the page there instead of on stdout
  --verbose      the log as JSON lines on stderr
  --force NAME   rotate the key of this binding now, whether or not it is due
  --event FILE   as if Event Notifications had started it with the notification in this file, JSON
  --compromised ID  somebody else has this key: it is replaced, and disabled after its jobs were moved or now (--cut)
  --adopt-disabled  reenable-logpush also switches on jobs that it has never seen enabled
  --yes          do it; without it the consequences are told and nothing is done

Exit code: 0 all is well, 1 could not run, 2 something needs attention.
`;

/** Where the command line writes. */
export interface Output {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** Gives a run its surroundings: the real ones, or those of a test. */
export type Surround = typeof realSurroundings;

/** What every command is given. */
interface Invoked {
  readonly options: Options;
  readonly env: Environment;
  readonly output: Output;
  readonly surround: Surround;
}

const STANDARD: Output = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
};

interface Options {
  readonly config?: string;
  readonly plan: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly force: readonly string[];
  readonly event?: string;
  readonly 'adopt-disabled': boolean;
  readonly yes: boolean;
  readonly out?: string;
  readonly compromised?: string;
  readonly cut?: string;
}

/** The command line of the keeper. @returns the exit code */
export async function runCli(
  args: readonly string[],
  env: Environment = process.env,
  output: Output = STANDARD,
  surround: Surround = realSurroundings,
): Promise<number> {
  let words: readonly string[];
  let options: Options & { readonly help: boolean };
  try {
    const parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        config: { type: 'string' },
        plan: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
        force: { type: 'string', multiple: true, default: [] },
        event: { type: 'string' },
        'adopt-disabled': { type: 'boolean', default: false },
        yes: { type: 'boolean', default: false },
        out: { type: 'string' },
        compromised: { type: 'string' },
        cut: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    words = parsed.positionals;
    options = parsed.values;
  } catch (error) {
    // parseArgs names the option that it does not know, nothing else.
    output.err(`${error instanceof Error ? error.message : 'the arguments cannot be read'}\n\n${USAGE}`);
    return 1;
  }
  if (options.help) {
    output.out(USAGE);
    return 0;
  }
  const [command = '', topic] = words;
  const invoked = { options, env, output, surround };
  try {
    if (command === 'status' && words.length === 1) return await runStatus(invoked);
    if (command === 'report' && words.length === 1) return await runReport(invoked);
    if (command === 'rotation' && topic === 'abandon' && words[2] !== undefined && words.length === 3)
      return await runAbandon(words[2], invoked);
    if (command === 'config' && words.length === 2) return runConfig(topic, options, env, output);
    if (isFunctionName(command) && words.length === 1) return await runOne(command, invoked);
  } catch (error) {
    output.err(`${explainFailure(error)}\n`);
    return 1;
  }
  output.err(
    `${command === '' ? 'no function was named' : `there is no command "${words.join(' ')}"`}\n\n${USAGE}`,
  );
  return 1;
}

function runConfig(topic: string | undefined, options: Options, env: Environment, output: Output): number {
  if (topic === 'schema') {
    output.out(`${JSON.stringify(configJsonSchema(), undefined, 2)}\n`);
    return 0;
  }
  if (topic !== 'check') {
    output.err(`there is no command "config ${topic}"\n\n${USAGE}`);
    return 1;
  }
  const { bindings, instances } = readConfig(options.config, env);
  output.out(
    `the configuration is good: ${instances.length} CIS instance(s), ${bindings.length} binding(s)\n`,
  );
  return 0;
}

async function runOne(name: FunctionName, invoked: Invoked): Promise<number> {
  const { options, env, output } = invoked;
  const config = readConfig(options.config, env);
  const forced = options.force;
  if (forced.length > 0 && name !== 'rotate-keys') return wrongUse(output, '--force goes with rotate-keys');
  if (options['adopt-disabled'] && name !== 'reenable-logpush')
    return wrongUse(output, '--adopt-disabled goes with reenable-logpush');
  let trigger: Trigger = { kind: 'hand' };
  if (options.event !== undefined) {
    if (name !== 'rotate-keys') return wrongUse(output, '--event goes with rotate-keys');
    if (forced.length > 0) return wrongUse(output, '--event and --force do not go together');
    try {
      trigger = { kind: 'event', ...parseEvent(readFileSync(options.event, 'utf8')) };
    } catch (error) {
      return wrongUse(output, `${options.event} cannot be read: ${errorCode(error)}`);
    }
  }
  if (options.compromised !== undefined || options.cut !== undefined)
    return runCompromised(config, name, invoked);
  const unknown = forced.find((wanted) => config.bindings.every((binding) => binding.name !== wanted));
  if (unknown !== undefined) return wrongUse(output, noSuchBinding(config, unknown));
  const surroundings = await surroundingsOf(config, invoked);
  try {
    const report = await runFunction(name, config, surroundings, {
      plan: options.plan,
      forced,
      adoptDisabled: options['adopt-disabled'],
      trigger,
      reread: rereader(config, options.config, env),
    });
    output.out(options.json ? `${JSON.stringify(report, undefined, 2)}\n` : renderReport(report));
    return exitCode(report.outcome, true);
  } finally {
    await surroundings.close();
  }
}

/** A key that somebody else has: says who uses it, and with `--yes` takes it away. @returns 2 when it was only told */
async function runCompromised(config: Config, name: FunctionName, invoked: Invoked): Promise<number> {
  const { options, env, output } = invoked;
  const { compromised: keyId, force, event } = options;
  const cut = CUTS.find((known) => known === options.cut);
  if (name !== 'rotate-keys') return wrongUse(output, '--compromised goes with rotate-keys');
  if (keyId === undefined || cut === undefined)
    return wrongUse(output, `--compromised KEY_ID goes with --cut ${CUTS.join(' or --cut ')}`);
  if (!/^ApiKey-[0-9A-Za-z-]{1,64}$/.test(keyId))
    return wrongUse(output, '--compromised needs the id of an API key, ApiKey-…; never the key itself');
  if (force.length > 0 || event !== undefined)
    return wrongUse(output, '--compromised goes with neither --force nor --event');
  const surroundings = await surroundingsOf(config, invoked);
  try {
    const users = await usersOf(config, surroundings, keyId);
    const told = tellUsers(users, { keyId, cut }, surroundings.clock.now());
    // With --json the report alone is on stdout.
    const tell = options.json ? output.err : output.out;
    tell(`${told.map((line) => `- ${line}`).join('\n')}\n`);
    if (users.key === undefined) return 1;
    if (!options.yes) {
      tell('\nNothing was changed. Add --yes to do it.\n');
      return 2;
    }
    const bindings = new Set(concernedBy(users));
    const report = await runFunction(name, config, surroundings, {
      plan: options.plan,
      compromised: { keyId, cut, bindings, isInJobs: isInJobs(users) },
      trigger: { kind: 'hand' },
      reread: rereader(config, options.config, env),
    });
    output.out(options.json ? `${JSON.stringify(report, undefined, 2)}\n` : `\n${renderReport(report)}`);
    return exitCode(report.outcome, true);
  } finally {
    await surroundings.close();
  }
}

const surroundingsOf = (config: Config, { options, output, surround }: Invoked) =>
  surround(config, (line) => {
    if (options.verbose) output.err(`${line}\n`);
  });

function wrongUse(output: Output, why: string): 1 {
  output.err(`${why}\n`);
  return 1;
}

const errorCode = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unexpected error';

const noSuchBinding = ({ bindings }: Config, name: string): string =>
  `there is no binding "${name}"; the configuration has: ${bindings.map((binding) => binding.name).join(', ') || 'none'}`;

/** All rotations as the ledger knows them. @returns 0, or 2 when one of them needs a person */
async function runStatus(invoked: Invoked): Promise<number> {
  const { options, env, output } = invoked;
  const config = readConfig(options.config, env);
  const surroundings = await surroundingsOf(config, invoked);
  try {
    const status = await readStatus(config, surroundings.ledger, surroundings.clock.now());
    output.out(options.json ? `${JSON.stringify(status, undefined, 2)}\n` : renderStatus(status));
    const rotations = status.bindings.flatMap((binding) => binding.rotations);
    return rotations.some((rotation) => rotation.state === 'halted') ? 2 : 0;
  } finally {
    await surroundings.close();
  }
}

/** The page of the fleet, from the ledger alone. @returns 0, or 2 when something needs a person or is not known */
async function runReport(invoked: Invoked): Promise<number> {
  const { options, env, output } = invoked;
  const config = readConfig(options.config, env);
  const surroundings = await surroundingsOf(config, invoked);
  try {
    const fleet = await readFleet(config, surroundings.ledger, surroundings.clock.now());
    const text = options.json ? `${JSON.stringify(fleet, undefined, 2)}\n` : renderFleetHtml(fleet);
    if (options.out === undefined) output.out(text);
    else {
      try {
        writeFileSync(options.out, text);
      } catch (error) {
        return wrongUse(output, `${options.out} cannot be written: ${errorCode(error)}`);
      }
    }
    return verdictOf(fleet).level === 'ok' ? 0 : 2;
  } finally {
    await surroundings.close();
  }
}

/** Ends a rotation as it stands, or says what that would mean. @returns 0 done, 1 nothing to abandon, 2 only told */
async function runAbandon(name: string, invoked: Invoked): Promise<number> {
  const { options, env, output } = invoked;
  const config = readConfig(options.config, env);
  const surroundings = await surroundingsOf(config, invoked);
  try {
    const { code, told, problem } = await abandon(config, surroundings, name, options.yes);
    output.out(told.map((line) => `${line}\n`).join(''));
    if (problem !== undefined) output.err(`${problem}\n`);
    return code;
  } finally {
    await surroundings.close();
  }
}
