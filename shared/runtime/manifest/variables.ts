import type { ConfigProblem } from '../../errors.ts';
import { type ConfigDocument, fieldsOf, type Path } from '../config/document.ts';
import { quotable } from '../config/words.ts';

/** A text of the manifest that names a variable which is not set. */
export interface UnsetVariable {
  readonly path: Path;
  readonly problem: ConfigProblem;
}

/** What a manifest says once its variables are put in. */
export interface Expanded {
  /** The document's value; a text with an unset variable is missing from it, and in lists is empty. */
  readonly value: unknown;
  readonly unset: readonly UnsetVariable[];
  readonly problems: readonly ConfigProblem[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Puts variables into the texts of a manifest: `${NAME}`, `${NAME:-default}` where the variable is not set or empty, and
 * `$$` for a dollar. Keys and numbers are left as they are.
 */
export function expandVariables(document: ConfigDocument, env: Environment): Expanded {
  const unset: UnsetVariable[] = [];
  const problems: ConfigProblem[] = [];
  const walk = (value: unknown, path: Path): unknown => {
    if (typeof value === 'string') {
      const { text, missing, stray } = expand(value, env);
      for (const name of missing) unset.push({ path, problem: notSet(document, path, name) });
      for (const at of stray)
        problems.push(document.problem(path, 'this $ begins no variable', VARIABLE_FIX, { text: at }));
      return missing.length + stray.length === 0 ? text : undefined;
    }
    if (Array.isArray(value)) return value.map((item, i) => walk(item, [...path, i]) ?? '');
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, item]) => {
        const walked = walk(item, [...path, key]);
        return walked === undefined ? [] : [[key, walked] as const];
      }),
    );
  };
  return { value: walk(document.value, []), unset, problems };
}

const VARIABLE_FIX = 'write ${NAME} or ${NAME:-default}; $$ is a dollar';

const notSet = (document: ConfigDocument, path: Path, name: string): ConfigProblem => {
  const said = quotable(name) ? `the environment variable ${name}` : 'this environment variable';
  return document.problem(
    path,
    `${said} is not set`,
    `set it, or write a default: \${${quotable(name) ? name : 'NAME'}:-…}`,
    { text: `\${${name}` },
  );
};

const PART = /\$(?:\$|\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^{}$]*))?\})?/g;

interface Part {
  readonly text: string;
  /** Variables that are not set. */
  readonly missing: readonly string[];
  /** Where a dollar begins nothing: it, and what comes after. */
  readonly stray: readonly string[];
}

function expand(text: string, env: Environment): Part {
  const missing: string[] = [];
  const stray: string[] = [];
  const put = (all: string, name: string | undefined, byDefault: string | undefined, at: number): string => {
    if (all === '$$') return '$';
    if (name === undefined) {
      stray.push(text.slice(at, at + 2));
      return '';
    }
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    // As in a shell, `:-` also stands in for a variable that is empty.
    if (value !== undefined && (value !== '' || byDefault === undefined)) return value;
    if (byDefault === undefined) missing.push(name);
    return byDefault ?? '';
  };
  return { text: text.replaceAll(PART, put), missing, stray };
}

/** Values of secrets that stand in the manifest itself: everybody who may read the repository would have them. */
export const literalSecrets = (document: ConfigDocument): readonly ConfigProblem[] =>
  Object.entries(fieldsOf(fieldsOf(fieldsOf(document.value)['project'])['packages'])).flatMap(([name, one]) =>
    Object.entries(fieldsOf(fieldsOf(one)['secrets'])).flatMap(([secret, fields]) =>
      Object.entries(fieldsOf(fieldsOf(fields)['keys'])).flatMap(([key, value]) =>
        typeof value !== 'string' || value === '' || value.includes('${')
          ? []
          : [
              document.problem(
                ['project', 'packages', name, 'secrets', secret, 'keys', key],
                'the value of a secret does not belong in this file',
                'write "${VARIABLE}", and set that variable when you deploy',
              ),
            ],
      ),
    ),
  );
