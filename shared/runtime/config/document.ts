import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import type { ConfigProblem } from '../../errors.ts';

export type Path = readonly PropertyKey[];

/** A configuration text as a value, with the place of everything in it. */
export interface ConfigDocument {
  /** Undefined when the text is no YAML that could be looked at further. */
  readonly value: unknown;
  /** What is wrong with the YAML itself. */
  readonly problems: readonly ConfigProblem[];
  has(path: Path): boolean;
  /**
   * A problem at a value, at its key, or at a text in the value; when there is no such value, at the key of the nearest
   * mapping around it.
   */
  problem(path: Path, message: string, fix: string, at?: Place): ConfigProblem;
}

type Place = 'value' | 'key' | { readonly text: string };

/** What problems call a file, and what is to be written where nothing is. */
export interface FileKind {
  readonly what: string;
  readonly begin: string;
}

const KEEPER_YML: FileKind = { what: 'the configuration', begin: 'write version: 1, accounts and instances' };

/** A part of the file that is well-formed by itself, and its place. */
export interface Part<T> {
  readonly path: Path;
  readonly value: T;
}

/** The fields of a mapping; none of anything else. */
export const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};

/** More than this is not a configuration. */
const LONGEST_TEXT = 1_000_000;

const TOO_MUCH_FIX = 'give the configuration of the keeper';

/** Aliases may save some typing; more of them blow a small text up to a large value. */
const MOST_ALIASES = 100;

/** The first ones say enough. */
const MOST_SYNTAX_PROBLEMS = 10;

/** Parses a configuration. Nothing of the text is ever quoted, for it may hold a misplaced key. */
export function parseConfigDocument(
  text: string,
  source: string,
  { what, begin }: FileKind = KEEPER_YML,
): ConfigDocument {
  const lines = new LineCounter();
  const at = (offset: number | undefined, message: string, fix: string): ConfigProblem => {
    const { line, col } = offset === undefined ? { line: 0, col: 0 } : lines.linePos(offset);
    return { source, line, column: col, message, fix };
  };
  const broken = (problems: readonly ConfigProblem[]): ConfigDocument => ({
    value: undefined,
    problems,
    has: () => false,
    problem: (_path, message, fix) => at(undefined, message, fix),
  });
  if (text.length > LONGEST_TEXT) {
    return broken([at(undefined, 'the text is longer than 1 MB', TOO_MUCH_FIX)]);
  }
  // `logLevel: error` keeps the parser from writing to the console, and still reports a second document.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    logLevel: 'error',
  });
  const errors = [...document.errors, ...document.warnings];
  const tooDeep = errors.find((error) => error.code === 'RESOURCE_EXHAUSTION');
  if (tooDeep !== undefined) return broken([at(tooDeep.pos[0], ...sayError(tooDeep))]);
  const problems = worthSaying(errors).map((error) => at(error.pos[0], ...sayError(error)));
  if (errors.some((error) => !HARMLESS.has(error.code))) return broken(problems);
  if (document.contents === null) {
    return broken([at(undefined, `${what} is empty`, begin)]);
  }
  visit(document, {
    Scalar(_key, node) {
      // An account id of digits alone would lose most of them as a number, and one like 12e4… would become infinite.
      if (typeof node.value === 'number' && node.source !== String(node.value)) node.value = node.source;
    },
    Pair(_key, pair) {
      if (!isScalar(pair.key) || pair.key.value !== '__proto__') return;
      problems.push(at(pair.key.range?.[0], 'unknown key', 'remove it'));
    },
    Alias(_key, node) {
      if (node.resolve(document) !== undefined) return;
      problems.push(
        at(node.range?.[0], 'no anchor of this name stands before this alias', 'write the value itself'),
      );
    },
  });
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: MOST_ALIASES });
  } catch {
    if (problems.length > 0) return broken(problems);
    return broken([
      at(0, 'the aliases of this text cannot be resolved, or are too many', 'write the values themselves'),
    ]);
  }
  return {
    value,
    problems,
    has: (path) => find(document, path).depth === path.length,
    problem: (path, message, fix, where = 'value') =>
      at(offsetOf(find(document, path), path.length, where, text), message, fix),
  };
}

/** Errors after which the rest of the text still means what it says. */
const HARMLESS: ReadonlySet<YAMLError['code']> = new Set([
  'DUPLICATE_KEY',
  'TAG_RESOLVE_FAILED',
  'BAD_DIRECTIVE',
]);

/** One slip throws the parser off for the rest of the text: what it says after that is mostly not so. */
function worthSaying(errors: readonly YAMLError[]): readonly YAMLError[] {
  const serious = errors.filter(({ code }) => !HARMLESS.has(code));
  const tabs = serious.filter(({ code }) => code === 'TAB_AS_INDENT');
  const told = tabs.length > 0 ? tabs : serious.slice(0, 1);
  const until = told[0]?.pos[0] ?? Number.POSITIVE_INFINITY;
  return errors
    .filter((error) => told.includes(error) || (HARMLESS.has(error.code) && error.pos[0] < until))
    .slice(0, MOST_SYNTAX_PROBLEMS);
}

const NO_PAIR = [
  'this is no name: value',
  'write a space behind the colon, and indent the line as its neighbours',
] as const;

const SAYINGS: Partial<Record<YAMLError['code'], readonly [string, string]>> = {
  BAD_DIRECTIVE: ['this directive is not known', 'remove the line'],
  BAD_DQ_ESCAPE: ['not an escape sequence', 'write \\\\ for a backslash, or use single quotes'],
  BAD_INDENT: [
    'this line does not go on with what stands before it',
    'indent it as its neighbours, and close the brackets and quotes before it',
  ],
  BAD_SCALAR_START: ['a value cannot begin with this character', 'put the value into quotes'],
  BLOCK_AS_IMPLICIT_KEY: NO_PAIR,
  DUPLICATE_KEY: ['this key is already there', 'keep one of the two'],
  MISSING_CHAR: [
    'something is missing here: a colon, a comma, a bracket or a quote',
    'write name: value, close brackets and quotes, and indent the line as its neighbours',
  ],
  MULTILINE_IMPLICIT_KEY: NO_PAIR,
  MULTIPLE_DOCS: ['a second document begins here', 'keep one document, without --- in between'],
  NON_STRING_KEY: ['a key must be a plain text', 'write name: value'],
  RESOURCE_EXHAUSTION: ['nested too deeply', TOO_MUCH_FIX],
  TAB_AS_INDENT: ['a tab indents this line', 'indent with spaces'],
  TAG_RESOLVE_FAILED: [
    'this tag is not known',
    'remove the word that begins with !, or put the value into quotes',
  ],
};

const sayError = (error: YAMLError): readonly [string, string] =>
  SAYINGS[error.code] ?? [
    `not valid YAML (${error.code.toLowerCase().replaceAll('_', ' ')})`,
    'check the indentation, quotes and brackets here and just before',
  ];

/** The deepest node on a path, how deep it lies, and the key nearest above it. */
interface Found {
  readonly node: Node | undefined;
  readonly key: Node | undefined;
  readonly depth: number;
}

function find(document: Document.Parsed, path: Path): Found {
  const follow = (node: unknown): Node | undefined => {
    const target = isAlias(node) ? node.resolve(document) : node;
    return isNode(target) ? target : undefined;
  };
  let found: Found = { node: follow(document.contents), key: undefined, depth: 0 };
  for (const part of path) {
    const { node, depth } = found;
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === part);
      if (pair === undefined) break;
      found = { node: follow(pair.value), key: isNode(pair.key) ? pair.key : undefined, depth: depth + 1 };
    } else if (isSeq(node) && typeof part === 'number' && part < node.items.length) {
      found = { node: follow(node.items[part]), key: undefined, depth: depth + 1 };
    } else break;
  }
  return found;
}

function offsetOf({ node, key, depth }: Found, wanted: number, where: Place, text: string): number {
  const [start, end] = node?.range ?? [0, 0];
  if (typeof where === 'object') {
    const inside = text.slice(start, end).indexOf(where.text);
    return start + Math.max(0, inside);
  }
  // A value left empty has no place of its own.
  const useKey = where === 'key' || depth < wanted || start === end;
  return (useKey ? key?.range?.[0] : undefined) ?? start;
}
