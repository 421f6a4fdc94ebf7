import { ConfigError, type ConfigProblem } from '../../shared/errors.ts';
import { type Config, loadConfig } from '../../shared/runtime/config/config.ts';
import {
  type ConfigDocument,
  fieldsOf,
  type Path,
  parseConfigDocument,
} from '../../shared/runtime/config/document.ts';
import { inOrder, readText } from '../../shared/runtime/config/text.ts';
import type { Manifest } from '../../shared/runtime/manifest/manifest.ts';

/** `keeper.yml` as jobs on Code Engine will read it, and its text. */
export interface KeeperFile {
  readonly text: string;
  /** Its credentials are none: on Code Engine trusted profiles stand for them. */
  readonly config: Config;
}

/**
 * Reads `keeper.yml` as a job on Code Engine would, without its keys.
 *
 * @throws {ConfigError} with every problem at once, what does not work on Code Engine among them
 */
export function readKeeperFile(
  path: string,
  manifest: Manifest,
  readFile: (path: string) => Uint8Array,
): KeeperFile {
  const text = readText({ path, source: path, readFile });
  const document = parseConfigDocument(text, path);
  const accounts = Object.keys(fieldsOf(fieldsOf(document.value)['accounts']));
  const problems = problemsOf(document, manifest);
  let config: Config | undefined;
  try {
    config = loadConfig({
      text,
      source: path,
      readFile,
      env: {
        // On Code Engine, where a ledger in a folder would be none.
        CE_PROJECT_ID: 'to-be-deployed',
        ...(accounts.length === 0
          ? {}
          : { KEEPER_PROFILES: accounts.map((account) => `${account}=Profile-to-be-made`).join(',') }),
        // What is in them only the jobs are told.
        ...Object.fromEntries(sourcesOf(document).map(({ env }) => [env, 'https://not-read.invalid/'])),
      },
    });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems.filter((one) => !problems.some((known) => isSamePlace(known, one))));
  }
  if (config === undefined || problems.length > 0) throw new ConfigError(inOrder(problems));
  return { text, config };
}

const isSamePlace = (a: ConfigProblem, b: ConfigProblem): boolean =>
  a.line === b.line && a.column === b.column;

/** URLs that the configuration keeps out of itself, and where each comes from. */
function sourcesOf(document: ConfigDocument) {
  const notify = fieldsOf(fieldsOf(document.value)['notify']);
  const places = [
    [['notify', 'webhook', 'url'], fieldsOf(notify['webhook'])['url']],
    [['notify', 'heartbeatUrl'], notify['heartbeatUrl']],
  ] as const satisfies readonly (readonly [Path, unknown])[];
  return places.flatMap(([path, source]) => {
    const { env, file } = fieldsOf(source);
    return env === undefined && file === undefined
      ? []
      : [{ path, env: typeof env === 'string' ? env : '', isFile: file !== undefined }];
  });
}

/** Jobs have neither the files of this machine nor its environment. */
function problemsOf(document: ConfigDocument, { packages }: Manifest): ConfigProblem[] {
  const jobs = packages.flatMap(({ actions, secrets }) =>
    actions
      .filter(({ kind }) => kind === 'job')
      .map((job) => ({
        name: job.name,
        variables: new Set([
          ...Object.keys(job.env),
          ...job.envFrom.flatMap((secret) => Object.keys(secrets[secret] ?? {})),
        ]),
      })),
  );
  return sourcesOf(document).flatMap(({ path, env, isFile }) => {
    if (isFile)
      return [
        document.problem(
          [...path, 'file'],
          'jobs on Code Engine do not have this file',
          'write { env: NAME }, and put the variable into a secret of the manifest (envFrom)',
        ),
      ];
    const without = jobs.filter(({ variables }) => !variables.has(env)).map(({ name }) => name);
    if (without.length === 0) return [];
    return [
      document.problem(
        [...path, 'env'],
        `the manifest gives this variable not to ${without.join(', ')}`,
        'put it into a secret of the manifest, and name that under envFrom of each job',
      ),
    ];
  });
}
