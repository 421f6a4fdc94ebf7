import { join } from 'node:path';
import { codeEngineUrl, cosUrl, iamUrl } from '../../shared/clients/endpoints.ts';
import { isKeeperFunction } from '../../shared/domain/needs.ts';
import { Secret } from '../../shared/domain/secret.ts';
import { ConfigError, type ConfigProblem } from '../../shared/errors.ts';
import type { Config } from '../../shared/runtime/config/config.ts';
import { formatPeriods } from '../../shared/runtime/config/periods.ts';
import { type Action, type Manifest, readManifest } from '../../shared/runtime/manifest/manifest.ts';
import { periodsOf, readSchedules } from '../../shared/runtime/manifest/schedules.ts';
import { actionsOf } from './desired/inputs.ts';
import { isWebhook } from './desired/workloads.ts';
import { type KeeperFile, readKeeperFile } from './keeper-file.ts';
import type { Runs } from './rights.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where everything that is deployed is read from. */
export interface Sources {
  readonly manifest: string;
  readonly config: string;
  /** The folder with the bundles that `npm run build` makes. */
  readonly bundles: string;
  readonly env: Environment;
  readonly readFile: (path: string) => Uint8Array;
}

/** What is to be deployed, as far as it can be told without a call. */
export interface Gathered {
  readonly manifest: Manifest;
  readonly keeper: KeeperFile;
  /** Name of the account that the project lives in. */
  readonly account: string;
  readonly accounts: Readonly<Record<string, { readonly accountId: string; readonly apiKey: Secret }>>;
  /** The key to any account, one that is not in `keeper.yml` among them. */
  readonly keyOf: (account: string) => Secret | undefined;
  readonly schedules: string;
  readonly code: ReadonlyMap<string, string>;
  readonly runs: readonly Runs[];
  readonly codeEngineUrl: string;
  readonly ringsUrl: string;
  readonly iamUrl?: string;
}

/** Base64 included. @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-limits */
const MOST_CODE = 100_000;

/**
 * Reads the manifest, `keeper.yml`, the bundles and the credentials. Calls nothing.
 *
 * @param withCode - whether the bundles are read: what only looks or takes away needs none
 * @throws {ConfigError} with every problem of the first of these that has one
 */
export function gather(sources: Sources, withCode: boolean): Gathered {
  const { manifest, keeper, schedules } = readFiles(sources);
  const { config } = keeper;
  const account = accountOf(manifest, config, sources.manifest);
  const accounts = reachable(config, sources.env);
  const own = iamUrl({});
  return {
    manifest,
    keeper,
    account,
    accounts,
    keyOf: (name) => keyOf(name, sources.env),
    schedules,
    code: withCode ? codeOf(manifest, sources) : new Map(),
    runs: actionsOf(manifest).flatMap(runsOf),
    codeEngineUrl: codeEngineUrl(config.endpoints, manifest.project.region),
    ringsUrl: cosUrl(config.endpoints, manifest.project.region),
    ...(iamUrl(config.endpoints) === own ? {} : { iamUrl: iamUrl(config.endpoints) }),
  };
}

/** The manifest and `keeper.yml` alone. @throws {ConfigError} */
export function readFiles({ manifest: path, config, env, readFile }: Sources) {
  const options = { path, source: path, env, readFile };
  const manifest = readManifest(options);
  const periods = periodsOf(readSchedules(options));
  const functions = new Map(
    actionsOf(manifest)
      .flatMap(runsOf)
      .map((one) => [one.action, one.function]),
  );
  const known = Object.entries(periods).flatMap(([action, everyMs]) => {
    const name = functions.get(action);
    return name === undefined ? [] : [[name, everyMs] as const];
  });
  return {
    manifest,
    keeper: readKeeperFile(config, manifest, readFile),
    schedules: formatPeriods(Object.fromEntries(known)),
  };
}

/** Which function of the keeper an action is: its entry point says it. */
function runsOf({ name: action, function: entry }: Action): readonly Runs[] {
  const name = /([^/]+)\.ts$/.exec(entry)?.[1] ?? '';
  return isKeeperFunction(name) ? [{ action, function: name }] : [];
}

const problem = (source: string, message: string, fix: string): ConfigProblem => ({
  source,
  line: 0,
  column: 0,
  message,
  fix,
});

function accountOf({ project }: Manifest, { accounts }: Config, source: string): string {
  const names = Object.keys(accounts);
  const account = project.account ?? (names.length === 1 ? names[0] : undefined);
  const fix = `write project.account: one of ${names.join(', ')}`;
  if (account === undefined)
    throw new ConfigError([problem(source, 'it is not said which account the project lives in', fix)]);
  if (!names.includes(account))
    throw new ConfigError([problem(source, 'project.account names no account of keeper.yml', fix)]);
  return account;
}

const GENERAL = 'IBMCLOUD_API_KEY';

/** The variable with the key to one account. */
export const variableOf = (account: string): string =>
  `${GENERAL}_${account.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;

function keyOf(account: string, env: Environment): Secret | undefined {
  const values = [env[variableOf(account)], env[GENERAL]].map((text) => text?.trim() ?? '');
  const value = values.find((text) => text !== '');
  return value === undefined ? undefined : new Secret(value);
}

function reachable({ accounts }: Config, env: Environment): Gathered['accounts'] {
  const problems: ConfigProblem[] = [];
  const reached = Object.entries(accounts).flatMap(([name, { accountId }]) => {
    const own = variableOf(name);
    const apiKey = keyOf(name, env);
    if (apiKey !== undefined) return [[name, { accountId, apiKey }] as const];
    const fix = `set ${own} to an API key of that account, or ${GENERAL} to one for all accounts`;
    problems.push(
      problem(
        'environment',
        `no credential for account "${name}": neither ${own} nor ${GENERAL} is set`,
        fix,
      ),
    );
    return [];
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.fromEntries(reached);
}

/** The code of each function, inline. */
function codeOf(manifest: Manifest, { bundles, readFile }: Sources): ReadonlyMap<string, string> {
  const problems: ConfigProblem[] = [];
  const code = new Map<string, string>();
  for (const { name, kind } of actionsOf(manifest)) {
    if (kind !== 'function') continue;
    const path = join(bundles, name, 'main.js');
    let text: Uint8Array;
    try {
      text = readFile(path);
    } catch {
      problems.push(problem(path, 'the bundle is not there', 'run npm run build first'));
      continue;
    }
    const url = `data:text/plain;base64,${Buffer.from(text).toString('base64')}`;
    if (url.length > MOST_CODE)
      problems.push(
        problem(
          path,
          `it has ${url.length} bytes in base64, and Code Engine takes ${MOST_CODE}`,
          'make the bundle smaller',
        ),
      );
    else code.set(name, url);
  }
  const rung = manifest.packages.find(({ rings, actions }) => rings === undefined && actions.some(isWebhook));
  if (rung !== undefined)
    problems.push(
      problem(
        'manifest',
        `the webhook of package "${rung.name}" has no bucket to ring in`,
        'write rings: { bucket: NAME, instance: GUID } in that package',
      ),
    );
  if (problems.length > 0) throw new ConfigError(problems);
  return code;
}
