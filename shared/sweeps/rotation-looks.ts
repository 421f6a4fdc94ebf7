import { type Binding, claimOf } from '../domain/binding.ts';
import type { ApiKey, SecretVersion } from '../domain/keys.ts';
import { isKeyed, jobKey, type LogpushJob, whyUnclear } from '../domain/logpush.ts';
import type { Looked } from '../domain/rotation/looked.ts';
import { jobLabel } from '../domain/rotation/move-job.ts';
import type { Rotation } from '../domain/rotation/record.ts';
import type {
  Facts,
  HiddenJob,
  JobsLook,
  Look,
  RotationView,
  SelectedJob,
} from '../domain/rotation/steps.ts';
import { CANARIES } from '../domain/rotation/timing.ts';
import { keyIdIn, versionOf } from '../domain/rotation/versions.ts';
import type { Secret } from '../domain/secret.ts';
import { ApiError } from '../errors.ts';
import type { IamPort } from '../ports.ts';
import type { SweepContext } from './context.ts';
import type { FleetCache, ZoneJobs } from './fleet-cache.ts';
import { type KeyStore, keyIdOfSecret, keyStoreOf } from './key-store.ts';

/**
 * Looks at one thing. Every look only reads; none can change or destroy a credential.
 *
 * @throws {ApiError | SchemaError} when it cannot be seen
 */
export async function lookAt(
  context: SweepContext,
  fleet: FleetCache,
  view: RotationView,
  at: Look,
): Promise<Looked> {
  const { binding, record } = view;
  const iam = context.ports.services.iam(binding.account);
  const store = keyStoreOf(context.ports.services, binding);
  switch (at) {
    case 'secret':
      return { facts: { secret: await store.metadata() } };
    case 'versions':
      return { facts: { versions: await store.versions() } };
    case 'locks':
      return { facts: { locks: await store.locks(view.neighbours.idle) } };
    case 'keys':
      return { facts: { keys: await keysOf(view, iam) } };
    case 'current-key':
      return { facts: { currentKeyId: await currentKeyId(view, iam, store) } };
    case 'value':
      return newValue(view, store);
    case 'current-value': {
      const value = await store.read('current');
      return value === undefined
        ? { facts: { currentValueGone: true } }
        : { memory: { currentValue: value } };
    }
    case 'old-value':
      return oldValue(view, store, iam);
    case 'jobs':
      return {
        facts: {
          jobs: selectJobs(
            view,
            isTaking(binding, record.current) ? await fleet.now(context) : await fleet.lately(context),
          ),
        },
      };
    case 'canaries':
      return { facts: { canaries: await canaries(context, view) } };
    case 'old-key':
      return { facts: { oldKey: await keyById(record.current?.oldKeyId, iam) } };
    case 'new-key':
      return { facts: { newKey: await keyById(record.current?.newKeyId, iam) } };
    case 'compromised-key':
      return {
        facts: { compromisedKey: await keyById(view.compromised?.keyId ?? record.compromisedKeyId, iam) },
      };
    case 'suspect': {
      const keyId = record.suspects.find((suspect) => suspect.lookAt <= view.now)?.keyId;
      if (keyId === undefined) return {};
      return { facts: { suspect: { keyId, key: (await iam.getApiKey(keyId, { activity: true })) ?? null } } };
    }
    case 'job-keys':
      return { facts: { jobKeyIds: await jobKeys(binding, await fleet.now(context), iam) } };
    case 'logins':
      return { facts: { showsLogins: await showsLogins(view, iam) } };
  }
}

/**
 * Whether a key is about to be taken from whoever uses it, or jobs are looked at for the last time in a while. Once the key is
 * disabled the jobs are only watched.
 */
const isTaking = ({ managedBy }: Binding, rotation: Rotation | undefined): boolean =>
  (managedBy !== 'keeper' && (rotation === undefined || rotation.phase === 'deleting')) ||
  rotation?.phase === 'rolling-back' ||
  rotation?.phase === 'restoring' ||
  (rotation?.phase === 'disabling' && rotation.disabledAt === undefined);

/** A list may lag, and shows one identity's keys only: the key in the secret is missing only if IAM says so by its id. */
async function keysOf({ binding, facts }: RotationView, iam: IamPort): Promise<readonly ApiKey[]> {
  const { currentKeyId } = facts;
  // Of keys that others make only the secret's own counts.
  const keys =
    binding.managedBy === 'keeper'
      ? await iam.listApiKeys({ accountId: binding.accountId, iamId: binding.iamId })
      : [];
  if (typeof currentKeyId !== 'string' || keys.some((key) => key.id === currentKeyId)) return keys;
  const current = await iam.getApiKey(currentKeyId);
  return current === undefined ? keys : [...keys, current];
}

/** As the ledger has it for the current version, else as that tells. */
async function currentKeyId(view: RotationView, iam: IamPort, store: KeyStore): Promise<string | null> {
  const { facts, record } = view;
  const current = versionOf(facts.versions ?? [], 'current');
  const { carried } = record;
  if (carried?.versionId !== undefined && carried.versionId === current?.id) return carried.keyId;
  return keyIdOfSecret(store, iam, current);
}

/** A key with its activity; null = gone; `unreadable` = IAM does not let us see it. */
async function keyById(id: string | undefined, iam: IamPort): Promise<ApiKey | null | 'unreadable'> {
  if (id === undefined) return null;
  try {
    return (await iam.getApiKey(id, { activity: true })) ?? null;
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return 'unreadable';
    throw error;
  }
}

/** The canary jobs as they are now. */
async function canaries(
  { instances, ports }: SweepContext,
  { record }: RotationView,
): Promise<Readonly<Record<string, LogpushJob | null>>> {
  const seen: Record<string, LogpushJob | null> = {};
  for (const key of record.current?.canaries.slice(-CANARIES) ?? []) {
    const ref = record.current?.jobs[key]?.ref;
    const account = instances.find((instance) => instance.crn === ref?.instanceCrn)?.account;
    if (ref === undefined || account === undefined) seen[key] = null;
    else seen[key] = (await ports.services.cis(account).getLogpushJob(ref)).job ?? null;
  }
  return seen;
}

/** The new key's value, from the version that names it, whether or not somebody has made another version since. */
async function newValue({ record }: RotationView, store: KeyStore): Promise<Looked> {
  const versions = await versionsOf(store);
  const keyId = record.current?.newKeyId;
  const ours = versions.find(
    (version) =>
      version.alias !== undefined && (version.id === record.current?.versionId || keyIdIn(version) === keyId),
  );
  const value = ours === undefined ? undefined : await store.read(ours.id);
  if (value !== undefined) return { facts: { versions }, memory: { value } };
  return { facts: { versions, valueProblem: `no version of the secret gives key ${keyId} any more` } };
}

/** The old key's value; IAM must agree that it is the old key. */
async function oldValue({ record }: RotationView, store: KeyStore, iam: IamPort): Promise<Looked> {
  const rotation = record.current;
  const versions = await versionsOf(store);
  const version =
    versions.find(({ id, alias }) => id === rotation?.oldVersionId && alias !== undefined) ??
    versionOf(versions, 'previous');
  const value = version === undefined ? undefined : await store.read(version.id);
  if (value === undefined)
    return { facts: { versions, oldValueProblem: 'no version of the secret gives it any more' } };
  const key = await iam.findApiKey(value);
  if (key?.id === rotation?.oldKeyId) return { facts: { versions }, memory: { oldValue: value } };
  return { facts: { versions, oldValueProblem: 'the previous version of the secret holds another key' } };
}

/** None where the secret itself is gone. */
async function versionsOf(store: KeyStore): Promise<readonly SecretVersion[]> {
  try {
    return await store.versions();
  } catch (error) {
    if (error instanceof ApiError && (error.status === 404 || error.status === 410)) return [];
    throw error;
  }
}

/** Whether IAM shows a login with any key that jobs of the binding use, or used. */
async function showsLogins({ facts, record }: RotationView, iam: IamPort): Promise<boolean> {
  const { currentKeyId, versions = [] } = facts;
  const { current, history } = record;
  const ids = [
    keyIdIn(versionOf(versions, 'current')),
    currentKeyId ?? undefined,
    current?.newKeyId,
    current?.oldKeyId,
    history.at(-1)?.newKeyId,
  ];
  for (const id of new Set(ids)) {
    const key = await keyById(id, iam);
    if (key !== null && key !== 'unreadable' && key.lastAuthnAt !== undefined) return true;
  }
  return false;
}

/** Which keys the jobs of the whole fleet carry, by asking IAM about each value once, and which jobs do not show theirs. */
async function jobKeys(
  binding: Binding,
  zones: readonly ZoneJobs[],
  iam: IamPort,
): Promise<NonNullable<Facts['jobKeyIds']>> {
  const values = new Map<string, Secret>();
  const hidden: HiddenJob[] = [];
  let complete = true;
  for (const look of zones) {
    if ('unreadable' in look) {
      complete = false;
      continue;
    }
    for (const job of look.jobs) {
      const claim = claimOf(binding, job, look.zone);
      if (job.destinationKey.state === 'visible')
        values.set(job.destinationKey.key.reveal(), job.destinationKey.key);
      // Other systems take no API key, and who says `ownership` says that there is none.
      else if (job.destination.kind !== 'other' && claim !== 'ownership')
        hidden.push({ job, zone: look.zone, isClaimed: claim === 'key' });
    }
  }
  const ids = new Set<string>();
  for (const value of values.values()) {
    const key = await iam.findApiKey(value);
    if (key !== undefined) ids.add(key.id);
  }
  return { ids, hidden, complete };
}

function selectJobs({ binding, record }: RotationView, zones: readonly ZoneJobs[]): JobsLook {
  const jobs: SelectedJob[] = [];
  const unclear: JobsLook['unclear'][number][] = [];
  const others: { readonly label: string; readonly key: Secret }[] = [];
  let blind: string | undefined;
  for (const look of zones) {
    if ('unreadable' in look) {
      blind ??= look.unreadable;
      continue;
    }
    for (const job of look.jobs) {
      const selected = { job, zone: look.zone };
      const claim = claimOf(binding, job, look.zone);
      // What this rotation has given its key carries one, whatever CIS shows of it by now.
      const known = isKeyed(job.destination) && record.current?.jobs[jobKey(job.ref)] !== undefined;
      if (claim === 'key' || (claim === 'unclear' && known)) jobs.push(selected);
      else if (claim === 'unclear') unclear.push({ label: jobLabel(selected), detail: whyUnclear(job) });
      else if (job.destinationKey.state === 'visible')
        others.push({ label: jobLabel(selected), key: job.destinationKey.key });
    }
  }
  const seen = blind === undefined ? { complete: true } : { complete: false, blind };
  return { jobs, unclear, others, ...seen };
}
