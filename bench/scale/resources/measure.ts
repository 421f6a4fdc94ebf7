import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Alive, Taken } from './taken.ts';

const programOf = (name: string): string => fileURLToPath(new URL(`./${name}-program.ts`, import.meta.url));

/** What looks at a fleet of one size took. */
export interface Resources extends Alive {
  readonly zones: number;
  readonly jobs: number;
  readonly cpuMsPerZone: number;
  /** Of the script over IBM's SDK. */
  readonly scriptCpuMsPerZone: number;
}

/** Each in a process of its own, and the cloud in another one. */
export async function measureResources(zones: number): Promise<Resources> {
  const server = spawn(process.execPath, [programOf('server'), String(zones)]);
  try {
    const port = await firstLine(server);
    const run = async <T extends Taken>(name: string, ...more: readonly string[]): Promise<T> => {
      const child = spawn(process.execPath, ['--expose-gc', programOf(name), String(zones), port, ...more], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      return JSON.parse(await firstLine(child)) as T;
    };
    const { mostBytes, endBytes, ...held } = await run<Taken & Alive>('keeper', 'heap');
    const ours = await run('keeper');
    const script = await run('script');
    if (new Set([held.jobs, ours.jobs, script.jobs]).size > 1) throw new Error('not all saw the same jobs');
    return {
      zones,
      jobs: ours.jobs,
      mostBytes,
      endBytes,
      cpuMsPerZone: ours.cpuMs / zones,
      scriptCpuMsPerZone: script.cpuMs / zones,
    };
  } finally {
    server.kill();
  }
}

type Child = Pick<ReturnType<typeof spawn>, 'stdout' | 'once'>;

const firstLine = (child: Child): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end >= 0) resolve(text.slice(0, end));
    });
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`it ended with ${code} and said nothing`)));
  });

/** Bytes that each zone beyond the smaller fleet adds to what is alive at the end. */
export const growthPerZone = (small: Resources, large: Resources): number =>
  (large.endBytes - small.endBytes) / (large.zones - small.zones);
