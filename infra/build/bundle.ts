import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Metafile } from 'esbuild';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The command line is no function of the platform. */
const NOT_DEPLOYED: ReadonlySet<string> = new Set(['keeper']);
/** Functions whose code goes to the platform as text; jobs are run from an image. */
const INLINE: ReadonlySet<string> = new Set(['webhook']);
/** What the platform takes of a text, in base64. @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-limits */
const LARGEST_INLINE_BYTES = 100_000;

/** One deployed function, as files. */
export interface Bundle {
  readonly name: string;
  /** Holds `main.js`, `main.js.map` and `package.json`. */
  readonly folder: string;
  readonly codeBytes: number;
  readonly mapBytes: number;
  /** Of code that goes to the platform as text. */
  readonly base64Bytes?: number;
  /** What is wrong with it; it must not be deployed then. */
  readonly problems: readonly string[];
}

/** The names of all functions that are deployed. */
export const deployedFunctions = (): readonly string[] =>
  readdirSync(join(ROOT, 'functions'))
    .map((file) => basename(file, '.ts'))
    .filter((name) => !NOT_DEPLOYED.has(name))
    .toSorted();

/**
 * Makes one CommonJS file of each function: whether Code Engine takes ES modules for a function is not documented. It runs
 * only as the program of a process; whoever requires it finds `main`.
 *
 * @param out - folder; each function gets one of its own in it, in place of what was there
 * @param names - which; all, when absent
 */
export async function buildBundles(
  out: string,
  names: readonly string[] = deployedFunctions(),
): Promise<readonly Bundle[]> {
  for (const name of names) rmSync(join(out, name), { recursive: true, force: true });
  const early = [
    // A job starts no faster when it is minified, and its stacks would say nothing.
    ...(await bundle(
      out,
      names.filter((name) => !INLINE.has(name)),
      {
        define: { 'import.meta.main': 'isProgram' },
        banner: { js: 'const isProgram = require.main === module;' },
      },
    )),
    // A text that the platform evaluates is never the program itself, whatever its `require.main` is.
    ...(await bundle(
      out,
      names.filter((name) => INLINE.has(name)),
      { minify: true },
    )),
  ];
  return names.map((name) => describe(name, join(out, name), early));
}

/** @returns what is wrong, of whichever of them */
async function bundle(
  out: string,
  names: readonly string[],
  more: Pick<BuildOptions, 'define' | 'banner' | 'minify'>,
): Promise<readonly string[]> {
  if (names.length === 0) return [];
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: names.map((name) => ({ in: `functions/${name}.ts`, out: `${name}/main` })),
    outdir: out,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    sourcemap: 'external',
    metafile: true,
    logLevel: 'error',
    ...more,
  });
  return loadedTooEarly(metafile);
}

function describe(name: string, folder: string, early: readonly string[]): Bundle {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const manifest = { name: `logpush-keeper-${name}`, version, private: true, main: 'main.js' };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  const code = readFileSync(join(folder, 'main.js'));
  const base64 = INLINE.has(name) ? { base64Bytes: code.toString('base64').length } : {};
  return {
    name,
    folder,
    codeBytes: code.length,
    mapBytes: statSync(join(folder, 'main.js.map')).size,
    ...base64,
    problems: [...early, ...tooLarge(base64)],
  };
}

const tooLarge = ({ base64Bytes = 0 }: Pick<Bundle, 'base64Bytes'>): readonly string[] =>
  base64Bytes > LARGEST_INLINE_BYTES
    ? [`its code has ${base64Bytes} bytes in base64, and Code Engine takes ${LARGEST_INLINE_BYTES}`]
    : [];

/** Packages that take a tenth of a second to load, or are there for one function only: they are asked for on the way. */
const ON_THE_WAY = 'node_modules/ibm-cos-sdk/';

function loadedTooEarly({ inputs }: Metafile): readonly string[] {
  return Object.entries(inputs)
    .filter(([file]) => !file.startsWith('node_modules/'))
    .flatMap(([file, { imports }]) =>
      imports
        .filter(({ path, kind }) => path.startsWith(ON_THE_WAY) && kind !== 'dynamic-import')
        .map(({ path }) => `${file} loads ${path} at once`),
    );
}

/** What was made, for people. */
export function sizeTable(bundles: readonly Bundle[]): string {
  const kilobytes = (bytes: number | undefined): string =>
    bytes === undefined ? '' : `${(bytes / 1_000).toFixed(1)} kB`;
  const rows = [
    ['function', 'code', 'map', 'base64'],
    ...bundles.map(({ name, codeBytes, mapBytes, base64Bytes }) => [
      name,
      ...[codeBytes, mapBytes, base64Bytes].map(kilobytes),
    ]),
  ];
  return rows
    .map(([name = '', ...sizes]) => `${name.padEnd(18)}${sizes.map((size) => size.padStart(12)).join('')}`)
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}
