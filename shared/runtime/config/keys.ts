import { resolve } from 'node:path';
import { Secret } from '../../domain/secret.ts';
import type { ConfigProblem } from '../../errors.ts';
import { type ConfigDocument, fieldsOf } from './document.ts';
import { ONCE } from './leaves.ts';
import { Account } from './schema.ts';

/** Where keys come from. */
export interface KeySources {
  /** Relative paths of key files begin here. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => Uint8Array;
}

/** The API keys of all accounts that have one, by the account's name, and what is wrong with them. */
export function readKeys(
  document: ConfigDocument,
  sources: KeySources,
): { readonly keys: ReadonlyMap<string, Secret>; readonly problems: readonly ConfigProblem[] } {
  const keys = new Map<string, Secret>();
  const problems: ConfigProblem[] = [];
  for (const [name, value] of Object.entries(fieldsOf(fieldsOf(document.value)['accounts']))) {
    const apiKey = Account.shape.apiKey.safeParse(fieldsOf(value)['apiKey'], ONCE).data;
    if (apiKey === undefined) continue;
    const from = apiKey.env === undefined ? 'file' : 'env';
    const found = readSource(apiKey, sources, 'API key');
    if (found === undefined) continue;
    if ('key' in found) keys.set(name, found.key);
    else problems.push(document.problem(['accounts', name, 'apiKey', from], found.message, found.fix));
  }
  return { keys, problems };
}

type Found = { readonly key: Secret } | { readonly message: string; readonly fix: string } | undefined;

/** What the configuration keeps out of itself. */
type What = 'API key' | 'URL';

/** Reads a credential from where the configuration says it is; undefined when it does not say. */
export function readSource(
  { env, file }: { readonly env?: string | undefined; readonly file?: string | undefined },
  sources: KeySources,
  what: What,
): Found {
  if (env !== undefined) return readVariable(env, sources, what);
  return file === undefined ? undefined : readKeyFile(file, sources, what);
}

function readVariable(name: string, { env }: KeySources, what: What): Found {
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value === undefined) {
    return {
      message: `the environment variable ${name} is not set`,
      fix: `set it to the ${what}, and start again`,
    };
  }
  return checkKey(value, `the environment variable ${name}`, what, `set it to the ${what} and nothing else`);
}

function readKeyFile(file: string, { folder, readFile }: KeySources, what: What): Found {
  const short = what === 'URL' ? 'URL' : 'key';
  let content: string;
  try {
    content = new TextDecoder().decode(readFile(resolve(folder, file)));
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unexpected error';
    const fix = `put the ${short} into that file; a relative path begins at the folder of the configuration`;
    return { message: `the ${short} file cannot be read: ${reason}`, fix };
  }
  const value = what === 'URL' ? 'the URL' : 'the value of the key';
  return checkKey(content, `the ${short} file`, what, `put ${value} into it and nothing else`);
}

/** IBM's console offers a key as a JSON file; taken for a key, it would only be refused later, by IAM. */
function checkKey(text: string, place: string, what: What, fix: string): Found {
  const value = text.trim();
  if (value === '') return { message: `${place} is empty`, fix };
  if (!/^[\x21-\x7e]+$/.test(value) || value.startsWith('{')) {
    return { message: `${place} holds something else than ${what === 'URL' ? 'a' : 'an'} ${what}`, fix };
  }
  return { key: new Secret(value) };
}
