import { parseArgs } from 'node:util';
import { configJsonSchema } from './config.ts';
import { explainFailure } from './entry.ts';
import { exitCode, FUNCTION_NAMES, type FunctionName, isFunctionName, runFunction } from './invocation.ts';
import { type Environment, readConfig, realSurroundings } from './prepare.ts';
import { renderReport } from './render.ts';

const USAGE = `usage: keeper <function> --config FILE [--plan] [--json] [--verbose]
       keeper config check --config FILE
       keeper config schema

functions: ${FUNCTION_NAMES.join(', ')}

  --config FILE  the configuration, keeper.yml
  --plan         say what would be done, and change nothing
  --json         the report as JSON on stdout
  --verbose      the log as JSON lines on stderr

Exit code: 0 all is well, 1 could not run, 2 something needs attention.
`;

/** Where the command line writes. */
export interface Output {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
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
}

/** The command line of the keeper. @returns the exit code */
export async function runCli(
  args: readonly string[],
  env: Environment = process.env,
  output: Output = STANDARD,
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
  try {
    if (command === 'config' && words.length === 2) return runConfig(topic, options, env, output);
    if (isFunctionName(command) && words.length === 1) return await runOne(command, options, env, output);
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

async function runOne(
  name: FunctionName,
  options: Options,
  env: Environment,
  output: Output,
): Promise<number> {
  const config = readConfig(options.config, env);
  const surroundings = await realSurroundings(config, (line) => {
    if (options.verbose) output.err(`${line}\n`);
  });
  try {
    const report = await runFunction(name, config, surroundings, { plan: options.plan });
    output.out(options.json ? `${JSON.stringify(report, undefined, 2)}\n` : renderReport(report));
    return exitCode(report.outcome, true);
  } finally {
    await surroundings.close();
  }
}
