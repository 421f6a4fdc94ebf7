import { resolve } from 'node:path';
import * as z from 'zod';
import { isLedgerKey } from '../../domain/ledger-key.ts';
import { accountName, bucketName, hint, location, splitHint } from './leaves.ts';
import { didYouMean, quotable } from './words.ts';

/** Where the ledger is. */
export type LedgerPlace =
  /** An absolute path. */
  | { readonly kind: 'file'; readonly path: string }
  | {
      readonly kind: 'cos';
      readonly bucket: string;
      /** Without a slash at the end; empty for the whole bucket. */
      readonly prefix: string;
      readonly location: string;
      /** Whose credentials reach the bucket. */
      readonly account: string;
    };

/** The text of `ledger`, taken apart; `account` is absent where it goes without saying. */
type Parsed =
  | { readonly kind: 'file'; readonly path: string }
  | (Omit<Extract<LedgerPlace, { kind: 'cos' }>, 'account'> & { readonly account?: string });

const COS = 'cos://BUCKET/PREFIX?region=LOCATION';
const PARAMETERS = ['region', 'account'];

const ledgerHint = hint(
  'a folder as file:PATH, or a prefix of a bucket as cos://…',
  `write file:./.keeper, or ${COS}`,
);

/** `file:PATH` or `cos://BUCKET/PREFIX?region=LOCATION&account=NAME`. */
export const ledgerText = z
  .string({ error: ledgerHint })
  .check((context) => {
    const parsed = parseLedger(context.value);
    if (typeof parsed === 'string')
      context.issues.push({ code: 'custom', message: parsed, input: context.value });
  })
  .meta({ pattern: '^(?:file:.+|cos://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:/[^?#]*)?\\?.+)$' });

/** @returns what is wrong with it and what to write, as one hint, when it is not of this form */
export function parseLedger(text: string): Parsed | string {
  if (/^file:./.test(text)) return { kind: 'file', path: text.slice('file:'.length) };
  if (!text.startsWith('cos:')) return ledgerHint;
  const parts = /^cos:\/\/([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/.exec(text);
  if (parts === null)
    return hint(COS, `write ${COS}, with two slashes behind cos: and nothing behind LOCATION`);
  const [, bucket = '', path = '', query = ''] = parts;
  const prefix = path.replace(/\/$/, '');
  const given = query === '' ? [] : query.split('&').map(nameAndValue);
  const problem =
    (bucketName.safeParse(bucket).success ? undefined : BUCKET_HINT) ??
    (prefix === '' || isLedgerKey(prefix) ? undefined : PREFIX_HINT) ??
    problemOfParameters(given.map(([name]) => name));
  if (problem !== undefined) return problem;
  const { region = '', account } = Object.fromEntries(given);
  const wrong =
    problemOf(location, region, 'region=') ??
    (account === undefined ? undefined : problemOf(accountName, account, 'account='));
  if (wrong !== undefined) return wrong;
  return { kind: 'cos', bucket, prefix, location: region, ...(account === undefined ? {} : { account }) };
}

/** Everything behind the first `=` is the value. */
const nameAndValue = (pair: string): readonly [string, string] => {
  const [name = '', ...value] = pair.split('=');
  return [name, value.join('=')];
};

const BUCKET_HINT = hint(
  'cos://… with the name of a bucket',
  `write ${COS}; the name has 3 to 63 lower-case letters, digits, dots and dashes`,
);
const PREFIX_HINT = hint(
  'cos://… with a plain prefix',
  'write names of letters, digits, dots, dashes and underscores with slashes between, such as keeper/prod, or leave it out',
);

function problemOfParameters(names: readonly string[]): string | undefined {
  const unknown = names.find((name) => !PARAMETERS.includes(name));
  if (unknown !== undefined) {
    const what = quotable(unknown) ? ` "${unknown}"` : '';
    const fix = didYouMean(unknown, PARAMETERS) ?? `remove it; known here: ${PARAMETERS.join(', ')}`;
    return hint(`cos://… without the unknown parameter${what}`, fix);
  }
  if (new Set(names).size < names.length)
    return hint('cos://… with each parameter once', 'keep one of the two');
  return names.includes('region')
    ? undefined
    : hint('cos://… with the region of the bucket', 'add ?region=LOCATION, such as ?region=eu-de');
}

function problemOf(leaf: z.ZodType<string>, value: string, part: string): string | undefined {
  const { error } = leaf.safeParse(value);
  if (error === undefined) return undefined;
  const { mustBe, fix } = splitHint(error.issues[0]?.message ?? '');
  return hint(`cos://… with ${mustBe} behind ${part}`, fix);
}

/**
 * The place that a checked text names.
 *
 * @param accounts - names of all accounts: one alone need not be named
 */
export function toLedgerPlace(text: string, folder: string, accounts: readonly string[]): LedgerPlace {
  const parsed = parseLedger(text);
  if (typeof parsed === 'string') throw new Error('a ledger that is none passed the checks');
  if (parsed.kind === 'file') return { kind: 'file', path: resolve(folder, parsed.path) };
  const { account = accounts[0] } = parsed;
  if (account === undefined) throw new Error('a ledger without an account passed the checks');
  return { ...parsed, account };
}
