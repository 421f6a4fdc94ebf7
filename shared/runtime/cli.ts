import { parseArgs } from 'node:util';
import { ABANDON } from './commands/abandon.ts';
import { type Command, OPTIONS, type Options, type Output, type Surround } from './commands/command.ts';
import { CONFIG_CHECK, CONFIG_SCHEMA } from './commands/config.ts';
import { EXPLAIN } from './commands/explain.ts';
import { FUNCTIONS } from './commands/function.ts';
import { REPORT } from './commands/report.ts';
import { STATUS } from './commands/status.ts';
import { explainFailure } from './entry.ts';
import { FUNCTION_NAMES } from './invocation.ts';
import { type Environment, realSurroundings } from './prepare.ts';

const COMMANDS: readonly Command[] = [
  ...FUNCTIONS,
  STATUS,
  REPORT,
  ABANDON,
  CONFIG_CHECK,
  CONFIG_SCHEMA,
  ...EXPLAIN,
];

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
): Promise<number> {
  let words: readonly string[];
  let options: Options & { readonly help: boolean };
  try {
    const parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: OPTIONS,
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
  const command = COMMANDS.find((known) => isNamedBy(known, words));
  if (command === undefined) {
    const named = words.length === 0 ? 'no function was named' : `there is no command "${words.join(' ')}"`;
    output.err(`${named}\n\n${USAGE}`);
    return 1;
  }
  try {
    const argument = words[command.words.length] ?? '';
    return await command.run({ options, env, output, surround }, argument);
  } catch (error) {
    output.err(`${explainFailure(error)}\n`);
    return 1;
  }
}

const isNamedBy = ({ words, takesArgument = false }: Command, given: readonly string[]): boolean =>
  given.length === words.length + (takesArgument ? 1 : 0) && words.every((word, i) => word === given[i]);
