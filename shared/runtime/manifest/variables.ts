import type { ConfigProblem } from '../../errors.ts';
import type { ConfigDocument, Path } from '../config/document.ts';
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
      const text = expand(value, env);
      if (typeof text === 'string') return text;
      if (text.kind === 'unset') unset.push({ path, problem: notSet(document, path, text.name) });
      else
        problems.push(document.problem(path, 'this $ begins no variable', VARIABLE_FIX, { text: text.at }));
      return undefined;
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

type Failed =
  | { readonly kind: 'unset'; readonly name: string }
  | { readonly kind: 'bad'; readonly at: string };

const PART = /\$(?:\$|\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^{}$]*))?\})?/g;

/** The text with its variables, or the first thing that keeps it from being one. */
function expand(text: string, env: Environment): string | Failed {
  let failed: Failed | undefined;
  const expanded = text.replaceAll(PART, (all, name: string | undefined, byDefault: string | undefined) => {
    if (all === '$$') return '$';
    if (name === undefined) {
      failed ??= { kind: 'bad', at: '$' };
      return '';
    }
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    // As in a shell, `:-` also stands in for a variable that is empty.
    if (value !== undefined && (value !== '' || byDefault === undefined)) return value;
    if (byDefault === undefined) failed ??= { kind: 'unset', name };
    return byDefault ?? '';
  });
  return failed ?? expanded;
}
