import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Endpoints as ServiceEndpoints } from '../../clients/endpoints.ts';
import type { Credential } from '../../clients/tokens.ts';
import type { Binding, RotationPolicy } from '../../domain/binding.ts';
import type { DeclaredJob } from '../../domain/declared/job.ts';
import type { Hold } from '../../domain/hold.ts';
import type { Secret } from '../../domain/secret.ts';
import { ConfigError } from '../../errors.ts';
import { checkAcross } from './checks.ts';
import { parseConfigDocument } from './document.ts';
import { readKeys } from './keys.ts';
import { ONCE, parseEndpoint } from './leaves.ts';
import { type LedgerPlace, toLedgerPlace } from './ledger-place.ts';
import { type NotifyConfig, readNotify } from './notify.ts';
import { type Periods, readPeriods } from './periods.ts';
import { checkLedgerOnPlatform, credentialOf, readProfiles, tokenFileIn } from './platform.ts';
import { problemsOf, type SchemaOf } from './problems.ts';
import { rotationPolicy } from './rotation.ts';
import { type Account, configJsonSchema, KeeperFile } from './schema.ts';
import { toSelector } from './schema-bindings.ts';
import { toDeclaredJob } from './schema-declared.ts';
import { toHold } from './schema-holds.ts';
import { inOrder, readText, type TextOptions } from './text.ts';

export { configJsonSchema } from './schema.ts';

/** `observe` plans, reports and changes nothing on IBM Cloud. */
export type Mode = 'observe' | 'act';

/** Base URLs without a slash at the end. Absent ones follow from instance and region. */
interface Endpoints extends ServiceEndpoints {
  readonly iam: string;
  readonly cis: string;
  /** The clock of a local cloud; every other endpoint is then on loopback. */
  readonly clock?: string;
}

/** A checked `keeper.yml`, with all defaults filled in and all names resolved. */
export interface Config {
  readonly version: 1;
  /** The mode of functions that name none of their own. */
  readonly mode: Mode;
  readonly functions: Readonly<Record<string, Mode>>;
  readonly ledger: LedgerPlace;
  readonly endpoints: Endpoints;
  readonly accounts: Readonly<
    Record<string, { readonly accountId: string; readonly credential: Credential }>
  >;
  readonly instances: readonly { readonly crn: string; readonly account: string }[];
  readonly bindings: readonly Binding[];
  /** The Logpush jobs that are to be there. */
  readonly logpushJobs: readonly DeclaredJob[];
  readonly policies: {
    readonly rotation: RotationPolicy;
    readonly cis: { readonly callsPerMinute: number; readonly processes: number };
    readonly repair: { readonly onFirstLook: 'report' | 'repair'; readonly maxChanges?: number };
  };
  /** Jobs that are left as they are. */
  readonly holds: readonly Hold[];
  /** Absent = nobody is told. */
  readonly notify?: NotifyConfig;
  /** How often each function runs, in milliseconds, where `KEEPER_SCHEDULES` says so; a function that it leaves out has no schedule. */
  readonly periods?: Periods;
}

/** Whether a function may change anything. */
export const modeOf = (config: Pick<Config, 'mode' | 'functions'>, name: string): Mode =>
  (Object.hasOwn(config.functions, name) ? config.functions[name] : undefined) ?? config.mode;

export interface LoadOptions extends TextOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
}

const KEEPER_SCHEMA: SchemaOf = {
  what: 'the configuration',
  json: configJsonSchema,
  hushed: ['apiKey', 'webhook', 'heartbeatUrl'],
};

/**
 * Reads and checks a configuration, and the API keys it names. Calls nothing over the network.
 *
 * @throws {ConfigError} with every problem at once, in the order of the text; no message quotes a credential
 */
export function loadConfig(options: LoadOptions): Config {
  const { path, source, env, readFile = readFileSync } = options;
  const folder = path === undefined ? resolve('.') : dirname(resolve(path));
  const document = parseConfigDocument(readText(options), source);
  if (document.value === undefined) throw new ConfigError(document.problems);
  const parsed = KeeperFile.safeParse(document.value, ONCE);
  const sources = { folder, env, readFile };
  const { profiles, problems: profileProblems } = readProfiles(document, env);
  // Profiles stand for all credentials: what the file says of keys is for other places.
  const { keys, problems } =
    profiles === undefined ? readKeys(document, sources) : { keys: new Map<string, Secret>(), problems: [] };
  const { notify, problems: notifyProblems } = readNotify(document, sources);
  const { periods, problems: periodProblems } = readPeriods(env);
  const all = [
    ...document.problems,
    ...problemsOf(parsed.error?.issues ?? [], document, KEEPER_SCHEMA),
    ...checkAcross(document),
    ...checkLedgerOnPlatform(document, env),
    ...profileProblems,
    ...problems,
    ...notifyProblems,
    ...periodProblems,
  ];
  if (all.length > 0 || !parsed.success) throw new ConfigError(inOrder(all));
  const logsIn = (name: string, account: Account): Credential =>
    profiles === undefined
      ? toCredential(account, folder, keys.get(name), env)
      : credentialOf(profiles, name, env);
  return {
    ...toConfig(parsed.data, folder, logsIn),
    ...(notify === undefined ? {} : { notify }),
    ...(periods === undefined ? {} : { periods }),
  };
}

function toConfig(
  file: KeeperFile,
  folder: string,
  logsIn: (name: string, account: Account) => Credential,
): Config {
  const rotation = rotationPolicy(file.policies.rotation);
  const accounts = Object.entries(file.accounts).map(
    ([name, account]) => [name, { accountId: account.accountId, credential: logsIn(name, account) }] as const,
  );
  return {
    version: file.version,
    mode: file.mode,
    functions: Object.fromEntries(
      Object.entries(file.functions).flatMap(([name, own]) => (own === undefined ? [] : [[name, own.mode]])),
    ),
    ledger: toLedgerPlace(file.ledger, folder, Object.keys(file.accounts)),
    endpoints: toEndpoints(file.endpoints),
    accounts: Object.fromEntries(accounts),
    instances: file.instances,
    bindings: file.bindings.map((binding) => toBinding(binding, file.accounts, rotation)),
    logpushJobs: file.logpushJobs.map((job) =>
      toDeclaredJob(job, {
        instance: file.instances[0]?.crn ?? '',
        onDrift: file.policies.logpushJobs.onDrift,
      }),
    ),
    policies: { rotation, cis: file.policies.cis, repair: toRepair(file.policies.repair) },
    holds: file.holds.map(toHold),
  };
}

const toRepair = ({ onFirstLook, maxChanges }: KeeperFile['policies']['repair']) => ({
  onFirstLook,
  ...(maxChanges === undefined ? {} : { maxChanges }),
});

function toCredential(
  { trustedProfile }: Account,
  folder: string,
  apiKey: Secret | undefined,
  env: LoadOptions['env'],
): Credential {
  if (apiKey !== undefined) return { kind: 'api-key', apiKey };
  if (trustedProfile === undefined) throw new Error('an account without credentials passed the checks');
  return {
    kind: 'trusted-profile',
    profileId: trustedProfile.id,
    tokenFile: resolve(folder, tokenFileIn(trustedProfile.tokenFile, env)),
  };
}

const withoutSlash = (url: string): string => parseEndpoint(url)?.url ?? url;

/** Endpoints as a file gives them, with the defaults. */
export function toEndpoints({ iam, cis, ...others }: KeeperFile['endpoints']): Endpoints {
  const given = Object.entries(others).flatMap(([name, url]) =>
    url === undefined ? [] : [[name, withoutSlash(url)]],
  );
  return { iam: withoutSlash(iam), cis: withoutSlash(cis), ...Object.fromEntries(given) };
}

function toBinding(
  { secret, jobs, adopt, exceptJobs, rotation, ...binding }: KeeperFile['bindings'][number],
  accounts: KeeperFile['accounts'],
  policy: RotationPolicy,
): Binding {
  const { instance, account = binding.account, member, ...place } = secret;
  return {
    ...binding,
    accountId: accounts[binding.account]?.accountId ?? '',
    secret: { ...place, instanceId: instance, account, ...(member === undefined ? {} : { member }) },
    jobs: jobs.map(toSelector),
    ...(adopt === undefined ? {} : { adopt }),
    ...(exceptJobs === undefined ? {} : { exceptJobs }),
    rotation: rotationPolicy(rotation ?? {}, policy),
  };
}
