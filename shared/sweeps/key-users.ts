import { claimOf } from '../domain/binding.ts';
import type { ApiKey } from '../domain/keys.ts';
import { jobLabel } from '../domain/rotation/move-job.ts';
import { versionOf } from '../domain/rotation/versions.ts';
import type { IamPort } from '../ports.ts';
import { describeError, isExpected, type SweepContext } from './context.ts';
import { observeFleet } from './fleet.ts';
import { keyIdOfSecret, keyStoreOf } from './key-store.ts';
import { readRecord } from './records.ts';

/** Who uses an API key, as far as it shows. */
export interface KeyUsers {
  /** Undefined: no account of the configuration shows such a key. */
  readonly key: ApiKey | undefined;
  /** Bindings of the key's identity, and what the key is to each. */
  readonly bindings: readonly {
    readonly name: string;
    readonly holds: 'current' | 'old' | 'new' | 'given' | 'nothing' | 'unknown';
  }[];
  /** Jobs that show this key. */
  readonly jobs: readonly string[];
  /** Jobs of bindings that hold it, whose key CIS hides. */
  readonly hidden: readonly string[];
  /** What could not be looked at. */
  readonly unread: readonly string[];
}

type Looking = Pick<SweepContext, 'ports' | 'instances' | 'bindings'>;

/** Looks for everybody who uses a key: bindings, and Logpush jobs of the whole fleet. Only reads. */
export async function findKeyUsers(context: Looking, keyId: string): Promise<KeyUsers> {
  const unread: string[] = [];
  const seen = await ownerOf(context, keyId, unread);
  if (seen === undefined) return { key: undefined, bindings: [], jobs: [], hidden: [], unread };
  const candidates = context.bindings.filter(({ iamId }) => iamId === seen.key.iamId);
  const bindings: KeyUsers['bindings'][number][] = [];
  for (const binding of candidates)
    bindings.push({ name: binding.name, holds: await holds(context, binding, keyId) });
  const [jobs, hidden]: [string[], string[]] = [[], []];
  const known = new Map<string, string | undefined>();
  for await (const look of observeFleet(context, context.instances)) {
    if ('unreadable' in look) {
      unread.push(look.zone === undefined ? look.unreadable : `zone ${look.zone.name}: ${look.unreadable}`);
      continue;
    }
    for (const job of look.jobs) {
      const label = jobLabel({ job, zone: look.zone });
      if (job.destinationKey.state === 'visible') {
        const { key } = job.destinationKey;
        const value = key.reveal();
        if (!known.has(value)) known.set(value, (await seen.iam.findApiKey(key))?.id);
        if (known.get(value) === keyId) jobs.push(label);
      } else if (candidates.some((binding) => claimOf(binding, job, look.zone) !== undefined))
        hidden.push(label);
    }
  }
  return { key: seen.key, bindings, jobs, hidden, unread };
}

/** The account that shows the key; each has rights of its own. */
async function ownerOf(
  { bindings, ports }: Looking,
  keyId: string,
  unread: string[],
): Promise<{ readonly key: ApiKey; readonly iam: IamPort } | undefined> {
  for (const account of new Set(bindings.map((binding) => binding.account))) {
    const iam = ports.services.iam(account);
    try {
      const key = await iam.getApiKey(keyId, { activity: true });
      if (key !== undefined) return { key, iam };
    } catch (error) {
      if (!isExpected(error)) throw error;
      unread.push(`account ${account}: ${describeError(error)}`);
    }
  }
  return undefined;
}

async function holds(
  { ports }: Looking,
  binding: SweepContext['bindings'][number],
  keyId: string,
): Promise<KeyUsers['bindings'][number]['holds']> {
  const { current, carried, history } = (await readRecord(ports.ledger, binding.name, binding.secret)).record;
  if (current?.oldKeyId === keyId) return 'old';
  if (current?.newKeyId === keyId) return 'new';
  if (carried?.keyId === keyId || history.at(-1)?.oldKeyId === keyId) return 'given';
  try {
    const store = keyStoreOf(ports.services, binding);
    const current = versionOf(await store.versions(), 'current');
    const held = await keyIdOfSecret(store, ports.services.iam(binding.account), current);
    return held === keyId ? 'current' : 'nothing';
  } catch (error) {
    if (!isExpected(error)) throw error;
    return 'unknown';
  }
}
