import { readFileSync } from 'node:fs';
import type { Trigger } from '../../domain/trigger.ts';
import { CUTS, concernedBy, isInJobs, tellUsers, usersOf } from '../compromised.ts';
import type { Config } from '../config/config.ts';
import { exitCode, FUNCTION_NAMES, type FunctionName, isFunctionName, runFunction } from '../invocation.ts';
import { readConfig, rereader } from '../prepare.ts';
import { renderReport } from '../render.ts';
import { parseEvent } from '../trigger.ts';
import {
  asJson,
  COMMON,
  type Command,
  errorCode,
  type Invoked,
  type OptionName,
  surroundingsOf,
  wrongUse,
} from './command.ts';

/** Options of one function alone. */
const OWN: Partial<Readonly<Record<FunctionName, readonly OptionName[]>>> = {
  'rotate-keys': ['force', 'event', 'compromised', 'cut', 'yes'],
  'reenable-logpush': ['adopt-disabled'],
  'ensure-logpush': ['enforce'],
};

/** The functions, each by its name. */
export const FUNCTIONS: readonly Command[] = FUNCTION_NAMES.filter(isFunctionName).map((name) => ({
  words: [name],
  takes: [...COMMON, 'plan', 'json', ...(OWN[name] ?? [])],
  run: (invoked) => runOne(name, invoked),
}));

async function runOne(name: FunctionName, invoked: Invoked): Promise<number> {
  const { options, env, output } = invoked;
  const config = readConfig(options.config, env);
  const forced = options.force;
  const compromise = options.compromised !== undefined || options.cut !== undefined;
  if (options.yes && !compromise) return wrongUse(output, '--yes goes with --compromised');
  let trigger: Trigger = { kind: 'hand' };
  if (options.event !== undefined) {
    if (forced.length > 0) return wrongUse(output, '--event and --force do not go together');
    try {
      trigger = { kind: 'event', ...parseEvent(readFileSync(options.event, 'utf8')) };
    } catch (error) {
      return wrongUse(output, `${options.event} cannot be read: ${errorCode(error)}`);
    }
  }
  if (compromise) return runCompromised(config, name, invoked);
  const unknown = forced.find((wanted) => config.bindings.every((binding) => binding.name !== wanted));
  if (unknown !== undefined) return wrongUse(output, noSuchBinding(config, unknown));
  const surroundings = await surroundingsOf(config, invoked);
  try {
    const report = await runFunction(name, config, surroundings, {
      plan: options.plan,
      forced,
      adoptDisabled: options['adopt-disabled'],
      enforce: options.enforce,
      trigger,
      reread: rereader(config, options.config, env),
    });
    output.out(options.json ? asJson(report) : renderReport(report));
    return exitCode(report, true);
  } finally {
    await surroundings.close();
  }
}

/** A key that somebody else has: says who uses it, and with `--yes` takes it away. @returns 2 when it was only told */
async function runCompromised(config: Config, name: FunctionName, invoked: Invoked): Promise<number> {
  const { options, env, output } = invoked;
  const { compromised: keyId, force, event } = options;
  const cut = CUTS.find((known) => known === options.cut);
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
    output.out(options.json ? asJson(report) : `\n${renderReport(report)}`);
    return exitCode(report, true);
  } finally {
    await surroundings.close();
  }
}

const noSuchBinding = ({ bindings }: Config, name: string): string =>
  `there is no binding "${name}"; the configuration has: ${bindings.map((binding) => binding.name).join(', ') || 'none'}`;
