// What runs in the thread of an instance: loads the code as the platform does, and calls it.
import { createRequire, isBuiltin } from 'node:module';
import { compileFunction, constants } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import type { CallOutcome, FromWorker, ToWorker } from './function-instance.ts';

type Main = (args: unknown) => unknown;

const { source, main, called } = workerData as {
  readonly source: string;
  readonly main: string;
  /** How often the instance was called, counted by the platform. */
  readonly called: Int32Array;
};
const tell = (message: FromWorker): void => parentPort?.postMessage(message);

for (const stream of [process.stdout, process.stderr])
  stream.write = (chunk: string | Uint8Array, ...rest: readonly unknown[]): boolean => {
    tell({ log: typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8') });
    const written = rest.at(-1);
    if (typeof written === 'function') written();
    return true;
  };

const ownRequire = createRequire(import.meta.url);

/** The image carries nothing but Node: what a function needs of packages is in its own code. */
function builtinsOnly(name: string): unknown {
  if (!isBuiltin(name)) throw new Error(`Cannot find module '${name}'`);
  return ownRequire(name);
}

/** As a script in the scope of a function: a local of that name, or else what it exports. No module syntax. */
function load(): Main {
  const module = { exports: {} as Record<string, unknown> };
  const text = `${source}\n;return typeof ${main} === 'undefined' ? undefined : ${main};`;
  const script = compileFunction(text, ['require', 'module', 'exports'], {
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  }) as (...locals: readonly unknown[]) => unknown;
  const local = script(builtinsOnly, module, module.exports);
  const found = local ?? module.exports[main];
  if (typeof found !== 'function') throw new TypeError(`the code has no function ${main}`);
  return found as Main;
}

let loaded: { readonly main: Main } | { readonly problem: string };
try {
  loaded = { main: load() };
} catch (error) {
  loaded = { problem: String(error) };
}

async function call(args: string): Promise<CallOutcome> {
  if ('problem' in loaded) return { kind: 'unloadable', message: loaded.problem };
  let returned: unknown;
  try {
    returned = loaded.main(JSON.parse(args));
  } catch (error) {
    return { kind: 'thrown', message: String(error), stopped: true };
  }
  let result: unknown;
  try {
    result = await returned;
  } catch (error) {
    return { kind: 'thrown', message: String(error), stopped: false };
  }
  try {
    return { kind: 'result', json: JSON.stringify(result) };
  } catch {
    return { kind: 'not-json' };
  }
}

/** How far the clock of this cloud is ahead of the machine's; `Date.now` follows the former. */
let ahead = 0;
const machineNow = Date.now.bind(Date);
Date.now = () => machineNow() + ahead;

let answered = 0;
parentPort?.on('message', ({ id, args, now }: ToWorker) => {
  ahead = now - machineNow();
  void call(args).then((outcome) => {
    tell({ id, outcome });
    answered += 1;
    // Stands still until the next call; it does not where one has come already.
    Atomics.wait(called, 0, answered);
  });
});
