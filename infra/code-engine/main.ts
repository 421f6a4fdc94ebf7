import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createUndiciTransport } from '../../shared/clients/undici-transport.ts';
import { systemClock, systemRandom } from '../../shared/runtime/system.ts';
import { runDeploy } from './cli.ts';
import { NoProgramError, type Subprocess } from './ports.ts';

/** Programs that run now. */
const children = new Set<ChildProcess>();

/** Programs of this machine, without a shell; of its environment they see the PATH alone. */
const subprocess: Subprocess = {
  run: (program, args, { env, timeoutMs }) =>
    new Promise((ended, failed) => {
      const path = { PATH: process.env['PATH'] ?? '' };
      const child = spawn(program, args, {
        env: { ...path, ...env },
        timeout: timeoutMs,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      children.add(child);
      let [stdout, stderr] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (text: string) => void (stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr += text));
      child.on('error', (error: NodeJS.ErrnoException) =>
        failed(new NoProgramError(program, error.code === 'ENOENT' ? 'absent' : 'other')),
      );
      child.on('close', (code, signal) => {
        children.delete(child);
        if (signal === 'SIGTERM') failed(new NoProgramError(program, 'timeout'));
        else ended({ code: code ?? 1, stdout, stderr });
      });
    }),
};

const transport = createUndiciTransport();
const homes: string[] = [];
const tidy = (): void => {
  for (const child of children) child.kill();
  for (const home of homes.splice(0)) rmSync(home, { recursive: true, force: true });
};
// What is stopped half way must not leave the login of the tool behind.
process.on('exit', tidy);
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)
  process.on(signal, () => process.exit(code));
try {
  process.exitCode = await runDeploy(
    process.argv.slice(2),
    process.env,
    {
      out: (text) => void process.stdout.write(text),
      err: (text) => void process.stderr.write(text),
    },
    {
      transport,
      subprocess,
      clock: systemClock(),
      random: systemRandom(),
      readFile: (path) => readFileSync(path),
      home: () => {
        const home = mkdtempSync(join(tmpdir(), 'logpush-keeper-deploy-'));
        homes.push(home);
        return home;
      },
    },
  );
} finally {
  await transport.close();
  tidy();
}
