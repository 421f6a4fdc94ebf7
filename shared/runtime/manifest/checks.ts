import type { ConfigProblem } from '../../errors.ts';
import { LEAST_TIMEOUT_S } from '../code-engine.ts';
import { type ConfigDocument, fieldsOf, type Part, type Path } from '../config/document.ts';
import { didYouMean, quotable } from '../config/words.ts';
import { LEAST_REQUEST_S } from '../webhook/settings.ts';
import { checkArrays, type Problem } from './arrays.ts';
import { hoursOf, translateCron } from './cron.ts';
import { type ManifestAction, ManifestFile, type ManifestPackage } from './schema.ts';
import { whyNoPair } from './sizes.ts';
import { movesItsClocks } from './timezone.ts';

/** What takes two places of a manifest: kinds and what goes with them, names that must be elsewhere, sizes, quotas. */

/**
 * Every problem that takes two places, whatever else is wrong: each part is looked at that is well-formed by itself.
 *
 * @param value - the manifest with its variables and in the spelling of this schema
 */
export function checkAcross(value: unknown, document: ConfigDocument): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const problem: Problem = (...about) => void problems.push(document.problem(...about));
  const parts = partsOf(value);
  for (const part of parts.actions) checkAction(part, document, problem);
  for (const part of parts.packages) checkPackage(part, problem);
  checkTriggers(parts.triggers, document, problem);
  checkNames(parts.packages, problem);
  checkQuotas(parts.packages, problem);
  checkArrays(parts.actions, problem);
  return problems;
}

/** What may surprise, and yet may be meant. */
export function warningsAcross(value: unknown, document: ConfigDocument): readonly ConfigProblem[] {
  return partsOf(value).triggers.flatMap(({ path, value: { schedule, timezone = 'UTC' } }) => {
    const translated = schedule === undefined ? undefined : translateCron(schedule);
    if (translated === undefined || !movesItsClocks(timezone)) return [];
    const hours = hoursOf(translated);
    // What starts in every hour starts once in every real hour.
    if (hours.size === 24 || [...hours].every((hour) => hour > LAST_DOUBTFUL_HOUR)) return [];
    const message = 'on the days when clocks are moved this does not start at all, or starts twice';
    return [document.problem([...path, 'schedule'], message, 'write an hour from 4 on, or timezone: UTC')];
  });
}

/** In most time zones clocks are moved between midnight and four. */
const LAST_DOUBTFUL_HOUR = 3;

type Action = ManifestAction;
type Trigger = ManifestPackage['triggers'][string];

/** A package as the file has it: names under which something stands, well-formed or not. */
type Names = Readonly<
  Record<'secrets' | 'actions' | 'triggers' | 'rules', Readonly<Record<string, unknown>>>
> & {
  readonly rings: unknown;
};

interface Parts {
  readonly packages: readonly (Part<Names> & { readonly name: string })[];
  readonly actions: readonly Part<Action>[];
  readonly triggers: readonly Part<Trigger>[];
}

const PACKAGE = ManifestFile.shape.project.shape.packages.valueType;
const ACTION = PACKAGE.shape.actions.valueType;
const TRIGGER = PACKAGE.shape.triggers.valueType;
const RULE = PACKAGE.shape.rules.valueType;

function partsOf(value: unknown): Parts {
  const packages = Object.entries(fieldsOf(fieldsOf(fieldsOf(value)['project'])['packages'])).map(
    ([name, fields]) => {
      const { secrets, actions, triggers, rules, rings } = fieldsOf(fields);
      const names = {
        secrets: fieldsOf(secrets),
        actions: fieldsOf(actions),
        triggers: fieldsOf(triggers),
        rules: fieldsOf(rules),
        rings,
      };
      return { name, path: ['project', 'packages', name], value: names };
    },
  );
  const within = (key: 'actions' | 'triggers') =>
    packages.flatMap(({ path, value }) =>
      Object.entries(value[key]).map(([name, item]) => ({ path: [...path, key, name], item })),
    );
  return {
    packages,
    actions: within('actions').flatMap(({ path, item }) => {
      const parsed = ACTION.safeParse(item).data;
      return parsed === undefined ? [] : [{ path, value: parsed }];
    }),
    triggers: within('triggers').flatMap(({ path, item }) => {
      const parsed = TRIGGER.safeParse(item).data;
      return parsed === undefined ? [] : [{ path, value: parsed }];
    }),
  };
}

/** Keys that only one kind has. */
const OF_KIND = {
  job: ['image', 'imageSecret', 'retries', 'arraySize'],
  function: ['main', 'visibility', 'concurrency'],
} as const;

/** @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-limits */
const LONGEST_SECONDS = { job: 86_400, function: 120 } as const;
const LEAST = {
  job: {
    seconds: LEAST_TIMEOUT_S,
    message: `a run needs at least ${LEAST_TIMEOUT_S} seconds`,
    fix: 'write timeout: 900',
  },
  function: {
    seconds: LEAST_REQUEST_S,
    message: `a request needs at least ${LEAST_REQUEST_S} seconds: it is answered five seconds before they are over`,
    fix: 'write timeout: 30',
  },
} as const;
const MOST_VARIABLES = 100;

/** What the platform and the deployment set: where something runs, and as whom. */
const SET_FOR_YOU =
  /^(?:(?:CE|JOB|KUBERNETES)_.*|KEEPER_(?:CONFIG|CONFIG_TEXT|PROFILES|SCHEDULES|TIMEOUT|WEBHOOK_SECRET|PROFILE_ID|RINGS_BUCKET|RINGS_ENDPOINT))$/;

/** The secret that the deployment makes for the webhook. */
const OWN_SECRET = 'keeper-webhook';

function checkAction(
  { path, value: action }: Part<Action>,
  document: ConfigDocument,
  problem: Problem,
): void {
  const { kind, cpu, memory, timeout, env } = action;
  const other = kind === 'job' ? 'function' : 'job';
  for (const key of OF_KIND[other])
    if (action[key] !== undefined)
      problem([...path, key], `${key} goes with kind: ${other}`, `remove it, or write kind: ${other}`, 'key');
  // What only lacks its variable is there.
  if (kind === 'job' && !document.has([...path, 'image']))
    problem(path, 'image is missing', 'write the image with its digest, such as "${KEEPER_IMAGE}"', 'key');
  const longest = LONGEST_SECONDS[kind];
  const least = LEAST[kind];
  if (timeout < least.seconds) problem([...path, 'timeout'], least.message, least.fix);
  if (timeout > longest)
    problem(
      [...path, 'timeout'],
      `a ${kind} may take at most ${longest} seconds`,
      'write seconds: wskdeploy had milliseconds here',
    );
  const pair = whyNoPair(kind, cpu, memory);
  if (pair !== undefined)
    problem([...path, pair.key], `a ${kind} cannot have this cpu with this memory`, pair.fix);
  if (Object.keys(env).length > MOST_VARIABLES)
    problem([...path, 'env'], `more than ${MOST_VARIABLES} variables`, 'leave some out', 'key');
  for (const name of Object.keys(env)) {
    if (SET_FOR_YOU.test(name))
      problem([...path, 'env', name], 'this variable is set for you', 'remove it', 'key');
  }
}

function checkTriggers(triggers: readonly Part<Trigger>[], document: ConfigDocument, problem: Problem): void {
  for (const { path, value: trigger } of triggers) {
    const { schedule, source, kind, timezone, data } = trigger;
    const has = (key: string): boolean => document.has([...path, key]);
    // Under `inputs` it is not taken over when its variable is not set.
    const hasSchedule = has('schedule') || document.has([...path, 'inputs', 'cron']);
    if (hasSchedule === has('source'))
      problem(
        path,
        'a trigger has either schedule or source',
        'write schedule: "*/5 * * * *" or source: rings',
        'key',
      );
    else if (source !== undefined && !has('kind'))
      problem(path, 'kind is missing', 'write kind: alert or kind: secrets', 'key');
    else if (source !== undefined && (timezone !== undefined || data !== undefined))
      problem(path, 'timezone and data go with schedule', 'remove them', 'key');
    else if (schedule !== undefined && kind !== undefined)
      problem([...path, 'kind'], 'kind goes with source: rings', 'remove it', 'key');
  }
}

function checkPackage({ path, value: one }: Part<Names>, problem: Problem): void {
  const isThere = (place: Path, name: string, where: 'actions' | 'triggers' | 'secrets'): boolean => {
    const known = one[where];
    if (Object.hasOwn(known, name)) return true;
    // What is too long for a name may be a credential that somebody put there.
    const names = Object.keys(known).filter(quotable);
    const fix = didYouMean(name, names) ?? `write one of ${names.join(', ') || 'those that you add there'}`;
    problem(place, `no such name stands under ${where}`, fix);
    return false;
  };
  for (const [name, item] of Object.entries(one.actions)) {
    const { envFrom } = ACTION.safeParse(item).data ?? { envFrom: [] };
    for (const [i, secret] of envFrom.entries())
      isThere([...path, 'actions', name, 'envFrom', i], secret, 'secrets');
  }
  for (const [name, item] of Object.entries(one.rules)) {
    const rule = RULE.safeParse(item).data;
    if (rule === undefined) continue;
    const place = [...path, 'rules', name];
    const areThere = [
      isThere([...place, 'trigger'], rule.trigger, 'triggers'),
      isThere([...place, 'action'], rule.action, 'actions'),
    ];
    if (!areThere.includes(false)) checkRule(place, one, rule, problem);
  }
}

/** What is started by a bucket is started by Code Engine itself: of the two kinds only a job has no address of its own. */
function checkRule(
  place: Path,
  one: Names,
  rule: { readonly trigger: string; readonly action: string },
  problem: Problem,
): void {
  const action = fieldsOf(one.actions[rule.action])['kind'];
  if (action === 'function')
    problem(
      [...place, 'action'],
      'a rule starts jobs only',
      'name an action of kind: job: anybody may call a function',
    );
  if (fieldsOf(one.triggers[rule.trigger])['source'] === 'rings' && one.rings === undefined)
    problem(
      [...place, 'trigger'],
      'this package has no rings',
      'write rings: { bucket: NAME, instance: GUID } in it',
    );
}

/** Names are the project's on Code Engine, whatever package they stand in. */
function checkNames(packages: Parts['packages'], problem: Problem): void {
  const once = (what: string, names: readonly { readonly name: string; readonly path: Path }[]): void => {
    const seen = new Set<string>();
    for (const { name, path } of names) {
      if (seen.has(name))
        problem(path, `another ${what} of the project has this name`, 'choose another one', 'key');
      seen.add(name);
    }
  };
  for (const { path, value } of packages)
    if (Object.hasOwn(value.secrets, OWN_SECRET))
      problem(
        [...path, 'secrets', OWN_SECRET],
        'the deployment makes a secret of this name',
        'choose another one',
        'key',
      );
  const all = (key: 'actions' | 'secrets' | 'rules', named: (of: string, name: string) => string) =>
    packages.flatMap(({ name: of, path, value }) =>
      Object.keys(value[key]).map((name) => ({ name: named(of, name), path: [...path, key, name] })),
    );
  once(
    'action',
    all('actions', (_, name) => name),
  );
  once(
    'secret',
    all('secrets', (_, name) => name),
  );
  once('subscription', all('rules', subscriptionName));
}

/** The name of the subscription that a rule becomes. */
export const subscriptionName = (packageName: string, rule: string): string => `${packageName}-${rule}`;

/** @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-limits */
const QUOTAS = { functions: 20, jobs: 100, secrets: 100, subscriptions: 100 } as const;

function checkQuotas(packages: Parts['packages'], problem: Problem): void {
  const actions = packages.flatMap(({ value }) => Object.values(value.actions).map(fieldsOf));
  const rules = packages.flatMap(({ value }) =>
    Object.values(value.rules).map((rule) => {
      const { trigger } = RULE.safeParse(rule).data ?? {};
      return fieldsOf(trigger === undefined ? undefined : value.triggers[trigger])['source'];
    }),
  );
  const counts = [
    ['functions', actions.filter(({ kind }) => kind === 'function').length, QUOTAS.functions],
    ['jobs', actions.filter(({ kind }) => kind === 'job').length, QUOTAS.jobs],
    ['secrets', packages.flatMap(({ value }) => Object.keys(value.secrets)).length, QUOTAS.secrets],
    ['schedules', rules.filter((source) => source !== 'rings').length, QUOTAS.subscriptions],
    ['subscriptions of rings', rules.filter((source) => source === 'rings').length, QUOTAS.subscriptions],
  ] as const;
  for (const [what, count, most] of counts) {
    if (count > most)
      problem(
        ['project', 'packages'],
        `${count} ${what}: Code Engine allows ${most} in a project`,
        'leave some out, or make a second project',
        'key',
      );
  }
}
