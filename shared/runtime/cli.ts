import { parseArgs } from 'node:util';
import { ABANDON } from './commands/abandon.ts';
import {
  type Command,
  OPTIONS,
  type Options,
  type Output,
  type Surround,
  wrongUse,
} from './commands/command.ts';
import { CONFIG_CHECK, CONFIG_SCHEMA } from './commands/config.ts';
import { DOCTOR } from './commands/doctor.ts';
import { EXPLAIN } from './commands/explain.ts';
import { FUNCTIONS } from './commands/function.ts';
import { CONFIG_INIT } from './commands/init.ts';
import { LOCAL } from './commands/local.ts';
import { METRICS, REPORT, REPORT_SCHEMA } from './commands/report.ts';
import { STATUS } from './commands/status.ts';
import { didYouMean, quotable } from './config/words.ts';
import { explainFailure } from './entry.ts';
import { FUNCTION_NAMES } from './invocation.ts';
import { type Environment, realSurroundings } from './prepare.ts';
import type { Signals } from './stop.ts';

export const COMMANDS: readonly Command[] = [
  ...FUNCTIONS,
  DOCTOR,
  STATUS,
  REPORT,
  REPORT_SCHEMA,
  METRICS,
  LOCAL,
  ABANDON,
  CONFIG_CHECK,
  CONFIG_INIT,
  CONFIG_SCHEMA,
  ...EXPLAIN,
];

const USAGE = `usage: keeper <function> --config FILE [--plan] [--json] [--verbose]
       keeper rotate-keys --config FILE --force BINDING
       keeper rotate-keys --config FILE --event FILE
       keeper rotate-keys --config FILE --compromised KEY_ID --cut after-move|now [--yes]
       keeper doctor --config FILE [--json] [--alone]
       keeper status --config FILE [--json]
       keeper report --config FILE [--out FILE] [--text | --json]
       keeper report schema
       keeper metrics --config FILE [--out FILE]
       keeper local --config FILE [--manifest FILE] [--verbose]
       keeper rotation abandon BINDING --config FILE [--yes]
       keeper config check --config FILE
       keeper config init --account NAME --account-id ID --api-key-env NAME [--instance CRN] [--endpoints FILE]
                          [--ledger PLACE] [--read-secrets] [--alone] [--out FILE] [--overwrite]
       keeper config schema
       keeper explain [CODE] [--json]

functions: ${FUNCTION_NAMES.join(', ')}

  --config FILE  the configuration, keeper.yml
  --plan         say what would be done, and change nothing
  --json         the report as JSON on stdout
  --text         report: for the terminal, instead of a page
  --out FILE     report, metrics, config init: writes there instead of on stdout
  --verbose      the log as JSON lines on stderr
  --force NAME   rotate the key of this binding now, whether or not it is due
  --event FILE   as if Event Notifications had started it with the notification in this file, JSON
  --compromised ID  somebody else has this key: it is replaced, and disabled after its jobs were moved or now (--cut)
  --adopt-disabled  reenable-logpush also switches on jobs that it has never seen enabled
  --account NAME, --account-id ID, --api-key-env NAME  config init: an account, by what name it is to be called, and the
                 variable that holds the key to it; all three once for each account
  --instance CRN  config init: a CIS instance that may not be listed
  --endpoints FILE  config init: where the services are, as JSON; the line of a local cloud will do
  --ledger PLACE  config init: file:PATH, or cos://BUCKET/PREFIX?region=LOCATION; file:./.keeper by default
  --read-secrets  config init: also reads the values of secrets, at most 200 of each Secrets Manager, to find which
                 holds the key of which jobs; each read shows in Activity Tracker
  --alone        doctor, config init: uses all calls a minute that CIS may get, not a share of them; only where no
                 other keeper runs and nothing else calls CIS with this identity
  --manifest FILE  local: what says when each function runs; manifest.yml of this folder by default
  --overwrite    config init: replaces a file that is there
  --enforce      ensure-logpush makes every declared job as declared, also where it only reports
  --yes          do it; without it the consequences are told and nothing is done
  --help         this

Where --config is left out, KEEPER_CONFIG names the file, or KEEPER_CONFIG_TEXT holds its text.
What a finding means and what to do: keeper explain CODE, or docs/runbook.md.

Exit code: 0 all is well, or it is done
           1 it could not run: wrong use, a broken configuration, nothing could be seen
           2 something needs attention: a finding that is critical or a warning, a part that could not be seen or done,
             a rotation that is halted, or --yes is missing
           Of metrics 0, whatever they say.
`;

const STANDARD: Output = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
};

/** The command line of the keeper. @returns the exit code */
export async function runCli(
  args: readonly string[],
  env: Environment = process.env,
  output: Output = STANDARD,
  surround: Surround = realSurroundings,
  signals: Signals = process,
): Promise<number> {
  let words: readonly string[];
  let options: Options & { readonly help: boolean };
  let given: readonly string[];
  try {
    const parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: OPTIONS,
      tokens: true,
    });
    given = parsed.tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : []));
    words = parsed.positionals;
    options = parsed.values;
  } catch (error) {
    return wrongUse(output, `${whyUnparsed(error)}\n${SEE_HELP}`);
  }
  if (options.help) {
    output.out(USAGE);
    return 0;
  }
  const command = COMMANDS.find((known) => isNamedBy(known, words));
  if (command === undefined) {
    return wrongUse(output, words.length === 0 ? `no function was named\n\n${USAGE}` : noSuchCommand(words));
  }
  const idle = given.find((name) => !command.takes.some((taken) => taken === name));
  if (idle !== undefined) return wrongUse(output, noSuchOptionHere(command, idle));
  try {
    const argument = words[command.words.length] ?? '';
    return await command.run({ options, env, output, surround, signals }, argument);
  } catch (error) {
    output.err(`${explainFailure(error)}\n`);
    return 1;
  }
}

/** More commands than that which take an option are not listed. */
const LISTED = 6;

/** What would do nothing is refused: a plan that writes, or a function that forces nothing, is not what was meant. */
function noSuchOptionHere({ words, takes }: Command, option: string): string {
  const here = words.join(' ');
  const takers = [
    ...new Set(
      COMMANDS.filter((other) => other.takes.some((taken) => taken === option)).map((other) =>
        other.words.join(' '),
      ),
    ),
  ];
  const own = takes.length === 0 ? 'no options' : takes.map((name) => `--${name}`).join(', ');
  return takers.length > LISTED
    ? `--${option} does not go with ${here}, which takes ${own}`
    : `--${option} goes with ${takers.join(', ')}, not with ${here}, which takes ${own}`;
}

const isNamedBy = ({ words, takesArgument = false }: Command, given: readonly string[]): boolean =>
  given.length === words.length + (takesArgument ? 1 : 0) && words.every((word, i) => word === given[i]);

const SEE_HELP = 'keeper --help lists all commands and options';

/** parseArgs names the option that it does not know, or that lacks its value, and nothing else. */
function whyUnparsed(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  const [, given] = /^Unknown option '([^']+)'/.exec(message) ?? [];
  if (given === undefined) return message === '' ? 'the arguments cannot be read' : message;
  const near = didYouMean(
    given,
    Object.keys(OPTIONS).map((name) => `--${name}`),
  );
  return [`there is no option ${given}`, ...(near === undefined ? [] : [near])].join(': ');
}

function noSuchCommand(given: readonly string[]): string {
  const said = given.every(quotable) ? ` "${given.join(' ')}"` : ' of this name';
  const begun = COMMANDS.find(({ words }) => words.every((word, i) => word === given[i]));
  const near = didYouMean(
    given.join(' '),
    COMMANDS.map(({ words }) => words.join(' ')),
  );
  const hint =
    begun === undefined
      ? (near ?? SEE_HELP)
      : `"${begun.words.join(' ')}" takes ${begun.takesArgument === true ? 'one more word' : 'no more words'}; ${SEE_HELP}`;
  return `there is no command${said}: ${hint}`;
}
