import type { ConfigProblem } from '../../errors.ts';
import { type ConfigDocument, fieldsOf, type Path } from '../config/document.ts';

/**
 * What a manifest of wskdeploy, for IBM Cloud Functions, says otherwise. Words that mean the same are taken with a warning; what
 * Code Engine does not have is told by name.
 *
 * @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-fun-migrate
 */

const ALARM = '/whisk.system/alarms/alarm';

const FOREIGN: Readonly<Record<string, readonly [string, string]>> = {
  sequences: ['Code Engine has no sequences', 'let one function do the work, and remove sequences'],
  apis: ['Code Engine has no API gateway', 'give a function visibility: public, and remove apis'],
  dependencies: ['packages of others cannot be bound on Code Engine', 'remove dependencies'],
  credential: ['a credential does not belong in this file', 'log in with ibmcloud, and remove credential'],
  feed: ['Code Engine has no feeds', 'write schedule: "*/5 * * * *", or source: rings'],
  limits: [
    'limits stand under the action itself',
    'write cpu, memory and timeout (in seconds) without limits',
  ],
  web: ['a function is reached by everybody or by nobody', 'write visibility: public, private or project'],
  annotations: ['Code Engine has no annotations', 'remove them'],
};

/** What is said of a key of wskdeploy's. */
export function foreignKey(key: string): { readonly message: string; readonly fix: string } | undefined {
  const [message, fix] = (Object.hasOwn(FOREIGN, key) ? FOREIGN[key] : undefined) ?? [];
  return message === undefined || fix === undefined ? undefined : { message, fix };
}

/** A manifest in the spelling of this schema. */
interface Translated {
  readonly value: unknown;
  /** Knows the places of what was spelt otherwise. */
  readonly document: ConfigDocument;
  readonly warnings: readonly ConfigProblem[];
  readonly problems: readonly ConfigProblem[];
}

const ALIASES: Readonly<Record<string, string>> = {
  cron: 'schedule',
  timezone: 'timezone',
  trigger_payload: 'data',
};

/** Takes wskdeploy's spelling of triggers and runtimes for this schema's. */
export function translate(value: unknown, document: ConfigDocument): Translated {
  const warnings: ConfigProblem[] = [];
  const problems: ConfigProblem[] = [];
  const places = new Map<string, Path>();
  const runtime = (text: unknown, path: Path): unknown => {
    if (typeof text !== 'string' || !/^nodejs:[0-9]{2}$/.test(text)) return text;
    warnings.push(document.problem(path, 'this is wskdeploy’s spelling of a runtime', 'write nodejs-24'));
    return text.replace(':', '-');
  };
  const trigger = (item: unknown, path: Path): unknown => {
    const { inputs, feed, ...own } = fieldsOf(item);
    if (inputs === undefined && feed === undefined) return item;
    const fields: Record<string, unknown> = { ...own };
    // The feed of a schedule says nothing more than its inputs do.
    if (feed !== undefined && (feed !== ALARM || inputs === undefined)) fields['feed'] = feed;
    if (inputs !== undefined && !isMapping(inputs)) fields['inputs'] = inputs;
    for (const [name, given] of Object.entries(fieldsOf(inputs))) {
      const place = [...path, 'inputs', name];
      const key = Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined;
      if (key === undefined || Object.hasOwn(fields, key)) {
        const what = key === undefined ? 'Code Engine has no word for this input' : `${key} is there twice`;
        problems.push(document.problem(place, what, 'remove it', 'key'));
        continue;
      }
      const fix = `write ${key} under the trigger itself`;
      warnings.push(document.problem(place, 'this is wskdeploy’s spelling', fix, 'key'));
      fields[key] = key === 'data' ? payload(given) : given;
      places.set([...path, key].join('\n'), place);
    }
    return fields;
  };
  const packages = ['project', 'packages', ANY];
  const withRuntimes = changeAt(value, [...packages, 'actions', ANY, 'runtime'], runtime);
  const at = (path: Path): Path => places.get(path.join('\n')) ?? path;
  return {
    value: changeAt(withRuntimes, [...packages, 'triggers', ANY], trigger),
    document: {
      ...document,
      has: (path) => document.has(at(path)),
      problem: (path, ...rest) => document.problem(at(path), ...rest),
    },
    warnings,
    problems,
  };
}

const ANY = '*';

/** The value with something else at every place of a pattern, as far as there is such a place. */
function changeAt(
  value: unknown,
  [key, ...rest]: readonly string[],
  change: (value: unknown, path: Path) => unknown,
  path: Path = [],
): unknown {
  if (key === undefined) return change(value, path);
  if (!isMapping(value)) return value;
  return Object.fromEntries(
    Object.entries(fieldsOf(value)).map(([name, item]) => [
      name,
      key === ANY || key === name ? changeAt(item, rest, change, [...path, name]) : item,
    ]),
  );
}

/** wskdeploy has payloads as text. What is no JSON stays a text, and is told to be no mapping. */
function payload(given: unknown): unknown {
  if (typeof given !== 'string') return given;
  try {
    return JSON.parse(given) as unknown;
  } catch {
    return given;
  }
}

const isMapping = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
