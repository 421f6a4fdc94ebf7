import { resolve } from 'node:path';
import { Secret } from '../../domain/secret.ts';
import type { ConfigProblem } from '../../errors.ts';
import { type ConfigDocument, fieldsOf } from './document.ts';
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
    const apiKey = Account.shape.apiKey.safeParse(fieldsOf(value)['apiKey']).data;
    if (apiKey === undefined) continue;
    const from = apiKey.env === undefined ? 'file' : 'env';
    const found =
      apiKey.env === undefined ? readKeyFile(apiKey.file, sources) : readVariable(apiKey.env, sources);
    if (found === undefined) continue;
    if ('key' in found) keys.set(name, found.key);
    else problems.push(document.problem(['accounts', name, 'apiKey', from], found.message, found.fix));
  }
  return { keys, problems };
}

type Found = { readonly key: Secret } | { readonly message: string; readonly fix: string } | undefined;

function readVariable(name: string, { env }: KeySources): Found {
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value === undefined) {
    return {
      message: `the environment variable ${name} is not set`,
      fix: 'set it to the API key, and start again',
    };
  }
  return checkKey(value, `the environment variable ${name}`, 'set it to the API key and nothing else');
}

function readKeyFile(file: string | undefined, { folder, readFile }: KeySources): Found {
  if (file === undefined) return undefined;
  let content: string;
  try {
    content = new TextDecoder().decode(readFile(resolve(folder, file)));
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unexpected error';
    const fix = 'put the key into that file; a relative path begins at the folder of the configuration';
    return { message: `the key file cannot be read: ${reason}`, fix };
  }
  return checkKey(content, 'the key file', 'put the value of the key into it and nothing else');
}

/** IBM's console offers a key as a JSON file; taken for a key, it would only be refused later, by IAM. */
function checkKey(text: string, what: string, fix: string): Found {
  const value = text.trim();
  if (value === '') return { message: `${what} is empty`, fix };
  if (!/^[\x21-\x7e]+$/.test(value) || value.startsWith('{')) {
    return { message: `${what} holds something else than an API key`, fix };
  }
  return { key: new Secret(value) };
}
