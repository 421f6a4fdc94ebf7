import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { ConfigError, type ConfigProblem } from '../../errors.ts';

/** Where a text that people write is. */
export interface TextOptions {
  /** File to read; relative paths in it begin at its folder. */
  readonly path?: string | undefined;
  /** The text itself, when there is no file; relative paths in it begin at the working directory. */
  readonly text?: string | undefined;
  /** What problems call it: the path, or the name of an environment variable. */
  readonly source: string;
  /** Reads a file whole, or throws as `node:fs` does. */
  readonly readFile?: (path: string) => Uint8Array;
}

/** @throws {ConfigError} when there is none, or it is not UTF-8 */
export function readText({ path, text, source, readFile = readFileSync }: TextOptions): string {
  const fail = (message: string, fix: string, line = 0): never => {
    throw new ConfigError([{ source, line, column: Math.min(line, 1), message, fix }]);
  };
  if (path === undefined) return text ?? fail('there is no configuration', 'name a file, or give its text');
  let content: Uint8Array;
  try {
    content = readFile(path);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unexpected error';
    return fail(`the file cannot be read: ${reason}`, 'check the path and the rights of the file');
  }
  if (!isUtf8(content)) {
    return fail('the file is not UTF-8 here', 'save it as UTF-8', lineThatIsNotUtf8(content));
  }
  return new TextDecoder().decode(content);
}

function lineThatIsNotUtf8(content: Uint8Array): number {
  let line = 1;
  for (let start = 0; start < content.length; line += 1) {
    const end = content.indexOf(0x0a, start);
    const stop = end === -1 ? content.length : end;
    if (!isUtf8(content.subarray(start, stop))) return line;
    start = stop + 1;
  }
  return 0;
}

/** Each problem once, in the order of the text. */
export const inOrder = (problems: readonly ConfigProblem[]): readonly ConfigProblem[] =>
  problems
    .filter((problem, i) => problems.findIndex((other) => samePlaceAndText(other, problem)) === i)
    .toSorted((a, b) => a.line - b.line || a.column - b.column);

const samePlaceAndText = (a: ConfigProblem, b: ConfigProblem): boolean =>
  a.line === b.line && a.column === b.column && a.message === b.message;
