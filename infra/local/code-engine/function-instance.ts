import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { TOKEN_FILE } from './environment.ts';

/** What came of calling a function once. */
export type CallOutcome =
  /** The result as JSON text; undefined where there was none. */
  | { readonly kind: 'result'; readonly json: string | undefined }
  /** The result cannot be written as JSON. */
  | { readonly kind: 'not-json' }
  /** The code could not be loaded, or has no such function. */
  | { readonly kind: 'unloadable'; readonly message: string }
  /** It threw; `stopped` where that ended the instance. */
  | { readonly kind: 'thrown'; readonly message: string; readonly stopped: boolean };

/** One running copy of a function's code. Whatever the code keeps in its module lives as long as this. */
export interface FunctionInstance {
  /**
   * @param args - as JSON text: nothing else passes between the platform and the code
   * @param files - path → content, as they are by now
   * @param now - the time of this cloud, in epoch milliseconds
   */
  call(args: string, files: Readonly<Record<string, string>>, now: number): Promise<CallOutcome>;
  /** Ends it at once, without grace, and with it the calls under way. */
  kill(): void;
}

/** What an instance is started from. */
export interface FunctionCode {
  readonly source: string;
  /** Name of the function that is called. */
  readonly main: string;
  readonly env: Readonly<Record<string, string>>;
}

export type StartInstance = (code: FunctionCode, log: (text: string) => void) => FunctionInstance;

/** One call. `now` is the time of this cloud, in epoch milliseconds. */
export interface ToWorker {
  readonly id: number;
  readonly args: string;
  readonly now: number;
}
export type FromWorker = { readonly log: string } | { readonly id: number; readonly outcome: CallOutcome };

/**
 * An instance in a thread of its own, with only the function's environment. After an answer it stands still until it is
 * called again: nothing that was left running goes on.
 */
export const startWorker: StartInstance = ({ source, main, env }, log) => {
  const folder = mkdtempSync(join(tmpdir(), 'logpush-keeper-function-'));
  const tokenFile = join(folder, 'token');
  const called = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL('./function-worker.ts', import.meta.url), {
    workerData: { source, main, called },
    // A thread cannot have a file system of its own: the variable stands in for the mount.
    env: { CR_TOKEN_FILENAME: tokenFile, ...env },
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  worker.unref();
  const waiting = new Map<number, (outcome: CallOutcome) => void>();
  worker.on('message', (message: FromWorker) => {
    if ('log' in message) return log(message.log);
    waiting.get(message.id)?.(message.outcome);
    waiting.delete(message.id);
  });
  let gone: string | undefined;
  const end = (message: string): void => {
    gone ??= message;
    for (const answer of waiting.values()) answer({ kind: 'thrown', message: gone, stopped: true });
    waiting.clear();
  };
  worker.on('error', (error: Error) => end(error.message));
  worker.on('exit', () => {
    rmSync(folder, { recursive: true, force: true });
    end('the instance has ended');
  });
  let last = 0;
  return {
    call: (args, files, now) =>
      new Promise((resolve) => {
        if (gone !== undefined) return resolve({ kind: 'thrown', message: gone, stopped: true });
        const token = files[TOKEN_FILE];
        if (token !== undefined) writeWhole(tokenFile, token);
        const id = ++last;
        waiting.set(id, resolve);
        // Counted first: an answer must not find fewer calls than were made.
        Atomics.add(called, 0, 1);
        Atomics.notify(called, 0);
        worker.postMessage({ id, args, now } satisfies ToWorker);
      }),
    kill: () => {
      end('the instance was ended');
      void worker.terminate();
    },
  };
};

/** Whoever reads it meanwhile finds the one or the other, and never a part. */
function writeWhole(path: string, content: string): void {
  writeFileSync(`${path}.new`, content, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/**
 * Instances that call a function of this process: for virtual time, where a thread would have a clock of its own.
 *
 * @param mainOf - makes the function from its environment and a way to read its files, once for each instance
 */
export const startInProcess =
  (
    mainOf: (
      env: Readonly<Record<string, string>>,
      file: (path: string) => string | undefined,
    ) => (args: Record<string, unknown>) => unknown,
  ): StartInstance =>
  ({ env }) => {
    let current: Readonly<Record<string, string>> = {};
    const main = mainOf(env, (path) => current[path]);
    return {
      call: async (args, files) => {
        current = files;
        try {
          return { kind: 'result', json: JSON.stringify(await main(JSON.parse(args))) };
        } catch (error) {
          return { kind: 'thrown', message: String(error), stopped: false };
        }
      },
      kill: () => {},
    };
  };
