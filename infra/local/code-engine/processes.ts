import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Clock } from '../../../shared/ports.ts';
import { TOKEN_FILE } from './environment.ts';
import type { Container, Workloads } from './workloads.ts';

/** What one container wrote, and how it ended. */
export interface ProcessLog {
  readonly jobRun: string;
  readonly command: readonly string[];
  stdout: string;
  stderr: string;
  /** Absent while it runs. */
  exit?: number;
}

/** Between SIGTERM and SIGKILL. Code Engine promises none. */
const GRACE_MS = 1_000;

/** Without a base image: where Node finds the rest of the machine. */
const SEARCH_PATH = '/usr/local/bin:/usr/bin:/bin';

/** The commands of an image whose files are in a folder: one for each `<action>/main.js`. */
export const commandsIn = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && readdirSync(join(folder, entry.name)).includes('main.js'))
    .map((entry) => `node ${entry.name}/main.js`);

/**
 * Runs every container as a process of its own: the Node of this one, the folder that stands for the image, and no variable but the
 * container's, `PATH` and `HOME`. Files that Code Engine would mount are in a temporary folder, for nobody may write to
 * `/etc` and `/var/run` here: values of variables that name one of them, or a folder of them, are changed to that place, and
 * `CR_TOKEN_FILENAME` tells where the token is.
 */
export class Processes implements Workloads {
  readonly logs: ProcessLog[] = [];
  readonly #folders: ReadonlyMap<string, string>;
  readonly #clock: Clock;
  readonly #children = new Set<ChildProcess>();

  /** @param folders - by image reference */
  constructor(folders: ReadonlyMap<string, string>, clock: Clock) {
    this.#folders = folders;
    this.#clock = clock;
  }

  async runJob({ image, command, env, files }: Container, stop: AbortSignal): Promise<number> {
    const [program, ...args] = command;
    const log: ProcessLog = { jobRun: env['CE_JOBRUN'] ?? '', command, stdout: '', stderr: '' };
    this.logs.push(log);
    const cwd = this.#folders.get(image);
    if (program !== 'node' || cwd === undefined) {
      log.stderr = `no folder stands for ${image}, or its command is not node\n`;
      log.exit = NOT_FOUND;
      return NOT_FOUND;
    }
    const root = mkdtempSync(join(tmpdir(), 'code-engine-'));
    try {
      const places = writeFiles(root, files);
      const child = spawn(process.execPath, args, {
        cwd,
        env: { PATH: SEARCH_PATH, HOME: root, ...environment(env, places) },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      log.exit = await this.#ended(child, log, stop);
      return log.exit;
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  }

  /** What all containers of a run have written; undefined where there was none. */
  logsOf(jobRun: string): string | undefined {
    const own = this.logs.filter((log) => log.jobRun === jobRun);
    return own.length === 0 ? undefined : own.map(({ stdout, stderr }) => `${stdout}${stderr}`).join('');
  }

  /** Kills what still runs. */
  close(): void {
    for (const child of this.#children) child.kill('SIGKILL');
  }

  async #ended(child: ChildProcess, log: ProcessLog, stop: AbortSignal): Promise<number> {
    this.#children.add(child);
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      log.stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      log.stderr += text;
    });
    const terminate = (): void => {
      child.kill('SIGTERM');
      void this.#clock.sleep(GRACE_MS).then(() => child.kill('SIGKILL'));
    };
    stop.addEventListener('abort', terminate, { once: true });
    const exit = await new Promise<number>((resolve) => {
      child.once('error', () => resolve(NOT_FOUND));
      child.once('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
    });
    stop.removeEventListener('abort', terminate);
    this.#children.delete(child);
    return exit;
  }
}

/** As a shell says it. */
const NOT_FOUND = 127;

/** Writes the files below a folder. @returns where each of them, and each folder that holds one, now is */
function writeFiles(root: string, files: Container['files']): ReadonlyMap<string, string> {
  const places = new Map<string, string>();
  for (const [path, content] of Object.entries(files)) {
    const place = join(root, path);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, content, { mode: 0o400 });
    places.set(path, place).set(dirname(path), dirname(place));
  }
  return places;
}

function environment(env: Container['env'], places: ReadonlyMap<string, string>): Record<string, string> {
  const moved = Object.entries(env).map(([name, value]) => [name, places.get(value) ?? value] as const);
  const token = places.get(TOKEN_FILE);
  return {
    ...(token === undefined ? {} : { CR_TOKEN_FILENAME: token }),
    ...Object.fromEntries(moved),
  };
}
