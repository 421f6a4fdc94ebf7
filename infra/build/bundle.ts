import { copyFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { COS_SDK, COS_SDK_FILE, onlyWhatIsNeeded } from './parts.ts';

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
  /** Holds `main.js`, `package.json`, source maps and, of a job, the code that `main.js` runs. */
  readonly folder: string;
  /** Of what is loaded at the start. */
  readonly codeBytes: number;
  /** Of what a job loads when it touches a bucket. */
  readonly asideBytes?: number;
  readonly mapBytes: number;
  /** Of code that goes to the platform as text. */
  readonly base64Bytes?: number;
  /** The packages in what is loaded at the start. */
  readonly packages: readonly string[];
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
 * Makes CommonJS of each function: whether Code Engine takes ES modules for a function is not documented. The webhook is one
 * file. The code of a job is a function in `main.code.js`, and the SDK of COS one in a file beside it; `main.js` and
 * `cos-sdk.js` run them (`start.cjs`). A job runs only as the program of a process; whoever requires it finds `main`.
 *
 * @param out - folder; each function gets one of its own in it, in place of what was there
 * @param names - which; all, when absent
 */
export async function buildBundles(
  out: string,
  names: readonly string[] = deployedFunctions(),
): Promise<readonly Bundle[]> {
  for (const name of names) rmSync(join(out, name), { recursive: true, force: true });
  const jobs = names.filter((name) => !INLINE.has(name));
  const built = [
    // A job starts no faster when it is minified, and its stacks would say nothing.
    ...(await bundle(out, jobs, `main${CODE}`, {
      ...RUN_BY_START,
      define: { 'import.meta.main': 'isProgram' },
      plugins: [onlyWhatIsNeeded],
      // What is loaded on the way is a file beside it, wherever the process stands.
      supported: { 'dynamic-import': false },
    })),
    // A text that the platform evaluates is never the program itself, whatever its `require.main` is.
    ...(await bundle(
      out,
      names.filter((name) => INLINE.has(name)),
      'main',
      { minify: true },
    )),
  ];
  await completeJobs(out, jobs);
  return names.map((name) => describe(name, join(out, name), built));
}

/** The code of what `start.cjs` runs. */
const CODE = '.code';
const START = join(ROOT, 'infra/build/start.cjs');

const COMMON = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  sourcemap: 'external',
  metafile: true,
  logLevel: 'error',
  // Of `import.meta` CommonJS has nothing: what asks for more than `main` must not be left with undefined.
  logOverride: { 'empty-import-meta': 'error' },
} as const satisfies BuildOptions;

/** Code as a function, for `start.cjs` to call. */
const RUN_BY_START = {
  banner: { js: '(function (module, exports, require, isProgram) {' },
  footer: { js: '})' },
} as const satisfies BuildOptions;

/** What is in a bundle, and what is wrong with it, whichever of them is to blame. */
interface Built {
  readonly name: string;
  readonly packages: readonly string[];
  readonly problems: readonly string[];
}

async function bundle(
  out: string,
  names: readonly string[],
  file: string,
  more: Pick<BuildOptions, 'define' | 'banner' | 'footer' | 'minify' | 'plugins' | 'supported'>,
): Promise<readonly Built[]> {
  if (names.length === 0) return [];
  const { metafile } = await build({
    ...COMMON,
    entryPoints: names.map((name) => ({ in: `functions/${name}.ts`, out: `${name}/${file}` })),
    outdir: out,
    ...more,
  });
  const problems = loadedTooEarly(metafile);
  return names.map((name) => ({ name, packages: packagesIn(metafile, `functions/${name}.ts`), problems }));
}

/** Lays the SDK of COS beside each job, and what runs the two. */
async function completeJobs(out: string, jobs: readonly string[]): Promise<void> {
  await build({
    ...COMMON,
    ...RUN_BY_START,
    entryPoints: jobs.map((name) => ({ in: COS_SDK, out: `${name}/${COS_SDK_FILE}${CODE}` })),
    outdir: out,
  });
  for (const name of jobs)
    for (const part of ['main', COS_SDK_FILE]) {
      asAscii(join(out, name, `${part}${CODE}.js`));
      copyFileSync(START, join(out, name, `${part}.js`));
    }
}

/**
 * `start.cjs` reads code byte for byte, for that takes no time: what is no ASCII, in a comment or a pattern, is written as an
 * escape. Texts are so already.
 */
function asAscii(file: string): void {
  const code = readFileSync(file, 'utf8');
  const escaped = code.replaceAll(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  if (escaped !== code) writeFileSync(file, escaped);
}

/** Of the file that an entry point became, without what it loads on the way. */
function packagesIn({ outputs }: Metafile, entryPoint: string): readonly string[] {
  const files = Object.values(outputs)
    .filter((output) => output.entryPoint === entryPoint)
    .flatMap(({ inputs }) => Object.keys(inputs));
  const names = files.flatMap((file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []);
  return [...new Set(names)].toSorted();
}

function describe(name: string, folder: string, built: readonly Built[]): Bundle {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const manifest = { name: `logpush-keeper-${name}`, version, private: true, main: 'main.js' };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  const isInline = INLINE.has(name);
  const main = `main${isInline ? '' : CODE}.js`;
  const code = readFileSync(join(folder, main));
  const base64 = isInline ? { base64Bytes: code.toString('base64').length } : {};
  const bytesOf = (file: string): number => statSync(join(folder, file)).size;
  return {
    name,
    folder,
    codeBytes: code.length,
    mapBytes: bytesOf(`${main}.map`),
    ...(isInline ? {} : { asideBytes: bytesOf(`${COS_SDK_FILE}${CODE}.js`) }),
    ...base64,
    packages: built.find((one) => one.name === name)?.packages ?? [],
    problems: [...new Set(built.flatMap(({ problems }) => problems)), ...tooLarge(base64)],
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
    ['function', 'code', 'aside', 'map', 'base64'],
    ...bundles.map(({ name, codeBytes, asideBytes, mapBytes, base64Bytes }) => [
      name,
      ...[codeBytes, asideBytes, mapBytes, base64Bytes].map(kilobytes),
    ]),
  ];
  return rows
    .map(([name = '', ...sizes]) => `${name.padEnd(18)}${sizes.map((size) => size.padStart(12)).join('')}`)
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}
