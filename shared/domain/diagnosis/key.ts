import type { Repair } from '../findings/catalogue.ts';
import type { ApiKey } from '../keys.ts';
import { formatInstant } from '../time.ts';
import { broken, type Cause, doubtful, good, type LinkLook } from './chain.ts';

/** What can be seen of the key of a job. */
export type SeenKey =
  /** As IAM shows it; null = IAM knows no such key. */
  | { readonly seen: 'key'; readonly key: ApiKey | null; readonly from: KeySource }
  | { readonly seen: 'nothing'; readonly why: string }
  /** It was made with an ownership challenge and carries none. */
  | { readonly seen: 'none' };

/**
 * How the key is known: the job shows it; the ledger knows that the job was given it; or CIS hides it, and this is the one that
 * the secret of its binding holds.
 */
export type KeySource = 'job' | 'ledger' | 'secret';

/** Whose key it is taken for. */
export interface KeyHolder {
  /** The binding that selects the job. */
  readonly binding?: { readonly name: string; readonly managedBy: string };
  /** For the finding where IAM does not know the key, so that it has no id. */
  readonly label: string;
  /** What CIS says points at the login. */
  readonly loginRefused: boolean;
}

/**
 * Whether a job's key lives. A lock is no cause: it keeps nobody from logging in.
 *
 * @see https://cloud.ibm.com/apidocs/iam-identity-token-api#get-api-key
 */
export function judgeKey(seen: SeenKey, holder: KeyHolder, now: number): LinkLook {
  if (seen.seen === 'none') return good('key');
  if (seen.seen === 'nothing') return doubtful('key', seen.why, { triedAway: true });
  const { key, from } = seen;
  const dead = key === null ? unknown(holder, from) : whyDead(key, now);
  if (dead !== undefined) return broken('key', { ...dead, ...repairBy(holder) });
  const open = openAbout(from, holder);
  return open === undefined ? good('key') : doubtful('key', open, { triedAway: true });
}

/** What an IAM that shows a good key leaves open. */
function openAbout(from: KeySource, { binding, loginRefused }: KeyHolder): string | undefined {
  if (from !== 'secret')
    return loginRefused ? 'CIS says that IAM refuses the key, and IAM shows it as good' : undefined;
  const held = `CIS hides the key of the job; the one in the secret of binding ${binding?.name} is good`;
  return loginRefused ? `${held}, so the job carries another one, it seems, which IAM refuses` : held;
}

function unknown({ binding, label }: KeyHolder, from: KeySource): Cause {
  const code = 'key-unknown';
  if (from === 'job' || binding === undefined)
    return { code, subject: `key of job ${label}`, detail: 'IAM knows no such key' };
  const detail = 'IAM does not know the key that its secret and the ledger name';
  return { code, subject: `key of binding ${binding.name}`, detail };
}

function whyDead({ id, disabled, expiresAt }: ApiKey, now: number): Cause | undefined {
  const subject = `API key ${id}`;
  if (disabled) return { code: 'key-disabled', subject, detail: 'IAM shows it as disabled' };
  if (expiresAt === undefined || expiresAt > now) return undefined;
  return { code: 'key-expired', subject, detail: `it expired ${formatInstant(expiresAt)}`, since: expiresAt };
}

/** Where others make the keys the keeper only carries theirs. */
const repairBy = ({ binding }: KeyHolder): { readonly repair?: Repair } =>
  binding === undefined || binding.managedBy === 'others' ? {} : { repair: 'keeper' };
