import { type Credential, TOKEN_FILE } from '../../clients/tokens.ts';
import type { ConfigProblem } from '../../errors.ts';
import { type ConfigDocument, fieldsOf } from './document.ts';
import { isName } from './leaves.ts';
import { parseLedger } from './ledger-place.ts';
import { PROFILE_ID } from './schema.ts';

/** What the platform has set. */
type Env = Readonly<Record<string, string | undefined>>;

const VARIABLE = 'KEEPER_PROFILES';
const FORM =
  'write NAME=Profile-… for each account, with commas between, or NAME=Profile-…+Profile-… for an array job, or do not set it';

/**
 * The trusted profiles that stand for all credentials of the configuration, as `edge=Profile-…,logs=Profile-…`: on Code
 * Engine no key is needed, and the file stays as a person wrote it. Where an account has several (`edge=Profile-…+Profile-…`)
 * each instance of an array job takes its own, by `JOB_INDEX`: CIS counts calls by identity.
 *
 * @returns by the name of the account; `profiles` is absent when the variable is not set
 */
export function readProfiles(
  document: ConfigDocument,
  env: Env,
): { readonly profiles?: ReadonlyMap<string, string>; readonly problems: readonly ConfigProblem[] } {
  const text = env[VARIABLE];
  if (text === undefined) return { problems: [] };
  const accounts = Object.keys(fieldsOf(fieldsOf(document.value)['accounts']));
  const index = indexIn(env);
  const profiles = new Map<string, string>();
  const problems: ConfigProblem[] = [];
  const wrong = (message: string, fix: string): void => {
    problems.push({ source: VARIABLE, line: 0, column: 0, message, fix });
  };
  for (const [i, pair] of text.split(',').entries()) {
    const [account = '', all = '', ...more] = pair.split('=');
    const which = `entry ${i + 1}`;
    const ids = all.split('+');
    if (more.length > 0 || !isName(account) || !ids.every((id) => PROFILE_ID.test(id)))
      wrong(`${which} is not NAME=Profile-…`, FORM);
    else if (!accounts.includes(account))
      wrong(`${which} names the account "${account}", which the configuration does not have`, FORM);
    else if (profiles.has(account))
      wrong(`${which} names the account "${account}" again`, 'keep one of the two');
    else if (new Set(ids).size < ids.length)
      wrong(`${which} names one profile twice`, 'give each instance a profile of its own');
    else profiles.set(account, ids[index % ids.length] ?? '');
  }
  const ledger = ledgerAccount(document, accounts);
  if (problems.length === 0 && ledger !== undefined && !profiles.has(ledger))
    wrong(`it has no entry for the account "${ledger}", whose the ledger is`, `add ${ledger}=Profile-…`);
  return { profiles, problems };
}

/** Which instance of an array job this is; what is no number the run itself refuses. */
const indexIn = ({ JOB_INDEX: index = '' }: Env): number => (/^\d{1,9}$/.test(index) ? Number(index) : 0);

/** How an account logs in when profiles stand for all credentials. */
export function credentialOf(profiles: ReadonlyMap<string, string>, account: string, env: Env): Credential {
  const profileId = profiles.get(account);
  return profileId === undefined
    ? { kind: 'none', reason: `${VARIABLE} names no trusted profile for it` }
    : { kind: 'trusted-profile', profileId, tokenFile: tokenFileIn(TOKEN_FILE, env) };
}

/** Where the platform's token is: `CR_TOKEN_FILENAME` stands in for the file that Code Engine mounts, and for no other. */
export const tokenFileIn = (path: string, { CR_TOKEN_FILENAME: standIn = '' }: Env): string =>
  path === TOKEN_FILE && standIn !== '' ? standIn : path;

/** Whose credentials reach the bucket of the ledger; undefined when it is a folder. */
function ledgerAccount(document: ConfigDocument, accounts: readonly string[]): string | undefined {
  const place = ledgerOf(document);
  return place?.kind === 'cos' ? (place.account ?? accounts[0]) : undefined;
}

/** The place of the ledger; undefined when it is none, which is told elsewhere. */
function ledgerOf(document: ConfigDocument) {
  const text = fieldsOf(document.value)['ledger'] ?? 'file:./.keeper';
  const place = typeof text === 'string' ? parseLedger(text) : undefined;
  return typeof place === 'object' ? place : undefined;
}

/** A folder in a container is gone when the run ends, and each run would be a first look. */
export function* checkLedgerOnPlatform(document: ConfigDocument, env: Env): Generator<ConfigProblem> {
  if (!isSet(env['CE_PROJECT_ID']) && !isSet(env['CE_JOBRUN'])) return;
  if (ledgerOf(document)?.kind !== 'file') return;
  yield document.problem(
    ['ledger'],
    'on Code Engine the ledger cannot be a folder: it is gone when the run ends',
    'write cos://BUCKET/PREFIX?region=LOCATION',
  );
}

const isSet = (text: string | undefined): boolean => text !== undefined && text !== '';
