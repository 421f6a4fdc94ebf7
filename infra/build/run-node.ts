import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { minutes } from '../../shared/domain/time.ts';

/** A process that ended. */
export interface Ended {
  /** `null` = it was still running after the longest time. */
  readonly code: number | null;
  /** Lines of both streams. */
  readonly lines: readonly string[];
}

/** Runs Node somewhere else, with nothing in its environment but what is given. What does not end by itself is ended. */
export const runNode = (
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  longestMs = minutes(5),
): Promise<Ended> =>
  new Promise((ended, failed) => {
    const child = spawn(process.execPath, args, {
      env,
      cwd: tmpdir(),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: longestMs,
      killSignal: 'SIGKILL',
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
    child.on('error', failed);
    child.on('close', (code) => ended({ code, lines: text.split('\n').filter((line) => line !== '') }));
  });

/** What the image of the jobs sets. */
export function imageEnvironment(): Readonly<Record<string, string>> {
  const text = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8');
  const last = text.slice(text.lastIndexOf('\nFROM '));
  return Object.fromEntries(
    [...last.matchAll(/^ENV (\w+)=(\S+)$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
}
