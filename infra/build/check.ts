import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jsonIn } from '../../shared/domain/json.ts';
import { keeperConfig } from '../local/keeper-config.ts';
import { loadWorld } from '../local/load-world.ts';
import { serveWorld } from '../local/serve.ts';
import type { Bundle } from './bundle.ts';
import { imageEnvironment, runNode } from './run-node.ts';

/**
 * Starts every bundle as the platform would, with a clean environment.
 *
 * @returns what is wrong; empty when all is well
 */
export async function checkBundles(bundles: readonly Bundle[]): Promise<readonly string[]> {
  const jobs = bundles.filter(({ base64Bytes }) => base64Bytes === undefined);
  const functions = bundles.filter(({ base64Bytes }) => base64Bytes !== undefined);
  const problems = await Promise.all([
    areQuiet(bundles),
    ...jobs.map(refuses),
    ...functions.map(answers),
    loadLittle(jobs),
    ...jobs.filter(({ name }) => name === RUN).map(runsAgainstLocalCloud),
  ]);
  return problems.filter((problem) => problem !== undefined);
}

/** Required, bundles do nothing. */
async function areQuiet(bundles: readonly Bundle[]): Promise<string | undefined> {
  const folders = JSON.stringify(bundles.map(({ folder }) => folder));
  const { code, lines } = await runNode([
    '-p',
    `${folders}.map((folder) => typeof require(folder).main).join()`,
  ]);
  if (code === 0 && lines.join() === bundles.map(() => 'function').join()) return undefined;
  return `when they are required, bundles must export main and do nothing else; they said ${lines.join(' ')}`;
}

/** Without a configuration a job says what to set. */
async function refuses({ name, folder }: Bundle): Promise<string | undefined> {
  const { code, lines } = await runNode([`${folder}/main.js`]);
  if (code === 1 && lines.at(-1)?.includes('KEEPER_CONFIG') === true) return undefined;
  return `${name}: without a configuration it must exit 1 and name KEEPER_CONFIG; it exited ${code} with ${lines.at(-1)}`;
}

/**
 * Without a configuration a function is not available, and never rejects. Its code is evaluated as text, inside a function
 * that has what CommonJS has.
 */
async function answers({ name, folder }: Bundle): Promise<string | undefined> {
  const script = `
    const text = require('node:fs').readFileSync(process.argv[1], 'utf8');
    const module = { exports: {} };
    new Function('module', 'exports', 'require', text)(module, module.exports, require);
    module.exports.main({}).then((answer) => console.log(answer.statusCode));`;
  const { code, lines } = await runNode(['-e', script, `${folder}/main.js`]);
  if (code === 0 && lines.at(-1) === '503') return undefined;
  return `${name}: without a configuration it must answer 503; it exited ${code} with ${lines.at(-1)}`;
}

/** It asks for the SDK of COS on the way, and waits for nothing. */
const RUN = 'verify-buckets';

/** One run against a served local cloud. Whatever a run writes, to either stream, is a record of Cloud Logs: all of it is JSON. */
async function runsAgainstLocalCloud({ name, folder }: Bundle): Promise<string | undefined> {
  const cloud = await serveWorld(loadWorld('demo'), { seed: 1 });
  try {
    const env = { ...imageEnvironment(), KEEPER_CONFIG: cloud.config };
    const { code, lines } = await runNode([`${folder}/main.js`], env);
    const other = lines.find((line) => jsonIn(line) === undefined);
    if (other !== undefined) return `${name}: each line of a run must be JSON; one is ${other}`;
    if (code === 0 && isReport(lines.at(-1) ?? '')) return undefined;
    return `${name}: against a local cloud it must end with a report of its buckets; it exited ${code} with ${lines.at(-1)}`;
  } finally {
    await cloud.close();
  }
}

/** Whether it is the report of a run that reached COS. */
function isReport(line: string): boolean {
  const { function: name, calls = {} } = (jsonIn(line) ?? {}) as {
    readonly function?: string;
    readonly calls?: object;
  };
  return name === RUN && Object.keys(calls).some((call) => call.startsWith('cos '));
}

const TELL_LOADED = fileURLToPath(new URL('tell-loaded.cjs', import.meta.url));
/** What a run needs after its first call, if ever: files beside it, and parts of Node. */
const NOT_AT_ONCE: ReadonlySet<string> = new Set(['cos-sdk.js', 'cos-sdk.code.js', 'http2', 'zlib']);

/** By its first call, a login that is refused, a job has loaded only what every run needs. */
async function loadLittle(jobs: readonly Bundle[]): Promise<string | undefined> {
  const file = loadWorld('demo');
  const cloud = await serveWorld(file, { seed: 1 });
  const ledger = mkdtempSync(join(tmpdir(), 'keeper-ledger-'));
  try {
    const config = keeperConfig(file, cloud.endpoints, () => ({ env: 'APIKEY' }), `file:${ledger}`);
    const env = { ...imageEnvironment(), KEEPER_CONFIG_TEXT: config, APIKEY: '0'.repeat(44) };
    const problems = await Promise.all(
      jobs.map(async ({ name, folder }) => {
        const { lines } = await runNode(['--require', TELL_LOADED, `${folder}/main.js`], env);
        const loaded = jsonIn(lines.at(-1) ?? '') as Record<'files' | 'parts', readonly string[]> | undefined;
        if (loaded === undefined) return [`${name}: it did not end by itself, but with ${lines.at(-1)}`];
        const { files, parts } = loaded;
        const early = [...files.map((path) => basename(path)), ...parts].filter((one) =>
          NOT_AT_ONCE.has(one),
        );
        return early.length === 0 ? [] : [`${name} loads ${early.join(' and ')} before its first call`];
      }),
    );
    return problems.flat().join('\n') || undefined;
  } finally {
    rmSync(ledger, { recursive: true, force: true });
    await cloud.close();
  }
}
