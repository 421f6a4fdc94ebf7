import type * as z from 'zod';
import { Secret } from '../../domain/secret.ts';
import { ConfigError, type ConfigProblem } from '../../errors.ts';
import { type FileKind, type Path, parseConfigDocument } from '../config/document.ts';
import { problemsOf, type SchemaOf } from '../config/problems.ts';
import { inOrder, readText, type TextOptions } from '../config/text.ts';
import { checkAcross, subscriptionName, warningsAcross } from './checks.ts';
import { translateCron } from './cron.ts';
import { foreignKey, translate } from './foreign.ts';
import { expandedJsonSchema } from './json-schema.ts';
import { type ManifestAction, ManifestFile, type ManifestPackage } from './schema.ts';
import { expandVariables, literalSecrets, type UnsetVariable } from './variables.ts';

/** A checked `manifest.yml` with all variables put in and all defaults filled in: what runs where, and when. */
export interface Manifest {
  readonly project: {
    readonly name: string;
    readonly region: string;
    /** Id of the resource group; absent = the account's default one. */
    readonly resourceGroup?: string;
    /** The account of `keeper.yml` that the project lives in; absent = the only one. */
    readonly account?: string;
    /** Whether the functions get IBM's roles, or roles made for them. */
    readonly roles: 'system' | 'custom';
  };
  readonly packages: readonly Package[];
  /** What may surprise, and yet may be meant. */
  readonly warnings: readonly ConfigProblem[];
}

export interface Package {
  readonly name: string;
  /** Code Engine secrets, by name; their values by key. */
  readonly secrets: Readonly<Record<string, Readonly<Record<string, Secret>>>>;
  /** The bucket that the webhook rings in, and the GUID of its Cloud Object Storage instance. */
  readonly rings?: { readonly bucket: string; readonly instance: string };
  readonly actions: readonly Action[];
  readonly rules: readonly Rule[];
}

interface CommonAction {
  /** The name of the job or function on Code Engine. */
  readonly name: string;
  /** Path of the entry point, relative to the manifest. */
  readonly function: string;
  /** `nodejs-24`, for example. */
  readonly runtime: string;
  /** In vCPU. */
  readonly cpu: number;
  /** `1G`, for example, as Code Engine spells it. */
  readonly memory: string;
  /** In seconds. */
  readonly timeout: number;
  readonly env: Readonly<Record<string, string>>;
  /** Names of secrets of the same package, whose keys become variables. */
  readonly envFrom: readonly string[];
}

export interface JobAction extends CommonAction {
  readonly kind: 'job';
  readonly image: string;
  /** Name of a registry secret that is there. */
  readonly imageSecret?: string;
  readonly retries: number;
  /** So many instances share the work of one run, each under a trusted profile of its own. */
  readonly arraySize: number;
}

export interface FunctionAction extends CommonAction {
  readonly kind: 'function';
  /** The name that the code exports. */
  readonly main: string;
  readonly visibility: 'public' | 'private' | 'project';
  readonly concurrency: number;
}

export type Action = JobAction | FunctionAction;

/** What starts an action: one subscription. */
export interface Rule {
  readonly name: string;
  /** The name of the subscription: `<package>-<rule>`. */
  readonly subscription: string;
  readonly action: string;
  readonly trigger: ScheduleTrigger | RingsTrigger;
}

interface ScheduleTrigger {
  readonly kind: 'schedule';
  /** Five fields of numbers. */
  readonly schedule: string;
  /** IANA name. */
  readonly timezone: string;
  /** JSON, an object. */
  readonly data?: string;
}

interface RingsTrigger {
  readonly kind: 'rings';
  /** What rings: objects are written under `rings/<ring>/`. */
  readonly ring: 'alert' | 'secrets';
}

export interface ManifestOptions extends TextOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
}

const MANIFEST_YML: FileKind = { what: 'the manifest', begin: 'write schema: code-engine/v1 and project' };

const MANIFEST_SCHEMA: SchemaOf = {
  what: MANIFEST_YML.what,
  json: expandedJsonSchema,
  hushed: ['secrets', 'keys', 'env'],
  foreign: foreignKey,
};

/**
 * Reads and checks a manifest. Calls nothing over the network.
 *
 * @throws {ConfigError} with every problem at once, in the order of the text, variables that are not set among them; no
 *   message quotes a value
 */
export function readManifest(options: ManifestOptions): Manifest {
  const { value, problems, unset, warnings } = inspect(options);
  const all = [...problems, ...unset.map(({ problem }) => problem)];
  const parsed = ManifestFile.safeParse(value);
  if (all.length > 0 || !parsed.success) throw new ConfigError(inOrder(all));
  const { packages, ...project } = parsed.data.project;
  return {
    project: {
      name: project.name,
      region: project.region,
      roles: project.roles,
      ...(project.resourceGroup === undefined ? {} : { resourceGroup: project.resourceGroup }),
      ...(project.account === undefined ? {} : { account: project.account }),
    },
    packages: Object.entries(packages).map(([name, one]) => toPackage(name, one)),
    warnings,
  };
}

/**
 * A part of a manifest, for who needs only that: variables elsewhere in it need not be set.
 *
 * @param part - the shape of the part; what it does not name is left out
 * @param needs - whether the part needs the value at a path
 * @throws {ConfigError} with every problem of the manifest at once, and with the variables that the part lacks
 */
export function readPart<T>(options: ManifestOptions, part: z.ZodType<T>, needs: (path: Path) => boolean): T {
  const { value, problems, unset } = inspect(options);
  const lacking = unset.filter(({ path }) => needs(path)).map(({ problem }) => problem);
  const parsed = part.safeParse(value);
  if (problems.length + lacking.length > 0 || !parsed.success)
    throw new ConfigError(inOrder([...problems, ...lacking]));
  return parsed.data;
}

interface Inspected {
  /** The manifest in the spelling of this schema, without the texts whose variables are not set. */
  readonly value: unknown;
  /** What is wrong, whatever the environment; what only lacks a variable is not among them. */
  readonly problems: readonly ConfigProblem[];
  readonly unset: readonly UnsetVariable[];
  readonly warnings: readonly ConfigProblem[];
}

/** @throws {ConfigError} when there is no text, or none that could be looked at further */
function inspect(options: ManifestOptions): Inspected {
  const raw = parseConfigDocument(readText(options), options.source, MANIFEST_YML);
  if (raw.value === undefined) throw new ConfigError(raw.problems);
  const expanded = expandVariables(raw, options.env);
  const { value, document, warnings, problems } = translate(expanded.value, raw);
  const issues = ManifestFile.safeParse(value).error?.issues ?? [];
  const lacks = (path: readonly PropertyKey[]): boolean =>
    expanded.unset.some((one) => one.path.join('\n') === path.join('\n'));
  return {
    value,
    problems: inOrder([
      ...raw.problems,
      ...expanded.problems,
      ...literalSecrets(raw),
      ...problems,
      ...problemsOf(
        issues.filter(({ path }) => !lacks(path)),
        document,
        MANIFEST_SCHEMA,
      ),
      ...checkAcross(value, document),
    ]),
    unset: expanded.unset,
    warnings: inOrder([...warnings, ...warningsAcross(value, document)]),
  };
}

function toPackage(name: string, { secrets, rings, actions, triggers, rules }: ManifestPackage): Package {
  return {
    name,
    secrets: Object.fromEntries(
      Object.entries(secrets).map(([secret, { keys }]) => [
        secret,
        Object.fromEntries(Object.entries(keys).map(([key, value]) => [key, new Secret(value)])),
      ]),
    ),
    ...(rings === undefined ? {} : { rings }),
    actions: Object.entries(actions).map(([action, fields]) => toAction(action, fields)),
    rules: Object.entries(rules).map(([rule, { trigger, action }]) => ({
      name: rule,
      subscription: subscriptionName(name, rule),
      action,
      trigger: toTrigger(triggers[trigger]),
    })),
  };
}

function toAction(name: string, action: ManifestAction): Action {
  const { kind, image, imageSecret, retries, arraySize, main, visibility, concurrency, ...common } = action;
  if (kind === 'function') {
    return {
      ...common,
      kind,
      name,
      main: main ?? 'main',
      visibility: visibility ?? 'public',
      concurrency: concurrency ?? 1,
    };
  }
  return {
    ...common,
    kind,
    name,
    image: image ?? '',
    // A run is repeatable, and the next one comes soon: more tries than two cost more than they bring.
    retries: retries ?? 1,
    arraySize: arraySize ?? 1,
    ...(imageSecret === undefined || imageSecret === '' ? {} : { imageSecret }),
  };
}

function toTrigger(trigger: ManifestPackage['triggers'][string] | undefined): Rule['trigger'] {
  const { schedule, timezone = 'UTC', data, kind } = trigger ?? {};
  const translated = schedule === undefined ? undefined : translateCron(schedule);
  if (translated !== undefined)
    return {
      kind: 'schedule',
      schedule: translated,
      timezone,
      ...(data === undefined ? {} : { data: JSON.stringify(data) }),
    };
  if (kind === undefined) throw new Error('a trigger without schedule and source passed the checks');
  return { kind: 'rings', ring: kind };
}
