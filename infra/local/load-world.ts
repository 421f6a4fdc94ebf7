import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import * as z from 'zod';
import { WorldFile } from './world-file.ts';

const folder = fileURLToPath(new URL('worlds/', import.meta.url));

/** The worlds that come with the project. */
export const worldNames = (): readonly string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.yml'))
    .map((name) => name.slice(0, -'.yml'.length));

/**
 * Reads a world by its name, or from a file.
 *
 * @throws {Error} naming what is wrong and where, for a person who writes worlds
 */
export function loadWorld(nameOrFile: string): WorldFile {
  const named = `${folder}${nameOrFile}.yml`;
  const path = /^[a-z0-9-]+$/.test(nameOrFile) && existsSync(named) ? named : nameOrFile;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new Error(`there is no world "${nameOrFile}": name one of ${worldNames().join(', ')}, or a file`);
  }
  const parsed = WorldFile.safeParse(parse(text));
  if (!parsed.success) throw new Error(`${path} is not a world:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
