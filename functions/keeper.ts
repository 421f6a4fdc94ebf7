import { runCli } from '../shared/runtime/cli.ts';

/** Entry point of the command line, `keeper <function> --config FILE`. */
if (import.meta.main) process.exitCode = await runCli(process.argv.slice(2));
