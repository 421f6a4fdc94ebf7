import { selects } from '../domain/binding.ts';
import type { ApiKey } from '../domain/keys.ts';
import type { Facts, JobsLook, Look, Memory, RotationView, SelectedJob } from '../domain/rotation/steps.ts';
import { ApiError } from '../errors.ts';
import type { IamPort, SecretsManagerPort } from '../ports.ts';
import type { SweepContext } from './context.ts';
import { observeFleet, type ZoneLook } from './fleet.ts';

/** What a look found out, to be merged into the view. */
export interface Looked {
  readonly facts?: Partial<Facts>;
  readonly memory?: Partial<Memory>;
}

/** Reads zones once a run for all bindings; a rotation that needs a fresher look calls `forget` first. */
export class FleetCache {
  readonly #context: SweepContext;
  #zones: Promise<readonly ZoneLook[]> | undefined;

  constructor(context: SweepContext) {
    this.#context = context;
  }

  zones(): Promise<readonly ZoneLook[]> {
    this.#zones ??= Array.fromAsync(observeFleet(this.#context));
    return this.#zones;
  }
}

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
  const secretId = binding.secret.id;
  const iam = context.ports.services.iam(binding.account);
  const secrets = context.ports.services.secretsManager(binding.secret.account, binding.secret);
  switch (at) {
    case 'secret':
      return { facts: { secret: await secrets.getMetadata(secretId) } };
    case 'versions':
      return { facts: { versions: await secrets.listVersions(secretId) } };
    case 'locks':
      return { facts: { locks: await secrets.listLocks(secretId) } };
    case 'keys':
      return { facts: { keys: await keysOf(view, iam) } };
    case 'current-key':
      return { facts: { currentKeyId: await currentKeyId(view, iam, secrets) } };
    case 'value':
      return { memory: { value: await currentValue(view, secrets) } };
    case 'jobs':
      return { facts: { jobs: selectJobs(view, await fleet.zones()) } };
    case 'canary': {
      const key = record.current?.canaries.at(-1);
      const canary = key === undefined ? undefined : record.current?.jobs[key];
      const account = context.instances.find((instance) => instance.crn === canary?.ref.instanceCrn)?.account;
      if (canary === undefined || account === undefined) return { facts: { canary: null } };
      const { job } = await context.ports.services.cis(account).getLogpushJob(canary.ref);
      return { facts: { canary: job ?? null } };
    }
    case 'old-key':
      return { facts: { oldKey: await oldKey(record.current?.oldKeyId, iam) } };
  }
}

/** A list may lag, and shows one identity's keys only: the key in the secret is missing only if IAM says so by its id. */
async function keysOf({ binding, facts }: RotationView, iam: IamPort): Promise<readonly ApiKey[]> {
  const keys = await iam.listApiKeys({ accountId: binding.accountId, iamId: binding.iamId });
  const { currentKeyId } = facts;
  if (typeof currentKeyId !== 'string' || keys.some((key) => key.id === currentKeyId)) return keys;
  const current = await iam.getApiKey(currentKeyId);
  return current === undefined ? keys : [...keys, current];
}

/** From the version's metadata if we wrote it, else by the value: IAM says which key it is. */
async function currentKeyId(
  { facts, binding }: RotationView,
  iam: IamPort,
  secrets: SecretsManagerPort,
): Promise<string | null> {
  const current = facts.versions?.find((version) => version.alias === 'current');
  const noted = current?.metadata['api_key_id'];
  if (typeof noted === 'string') return noted;
  const key = await iam.findApiKey(await secrets.readPayload(binding.secret.id, 'current'));
  return key?.id ?? null;
}

/** The old key with its activity; null = gone; `unreadable` = IAM does not let us see it. */
async function oldKey(id: string | undefined, iam: IamPort): Promise<ApiKey | null | 'unreadable'> {
  if (id === undefined) return null;
  try {
    return (await iam.getApiKey(id, { activity: true })) ?? null;
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return 'unreadable';
    throw error;
  }
}

/** The new key's value, from the secret, once the current version is known to hold it. */
async function currentValue({ record, binding }: RotationView, secrets: SecretsManagerPort) {
  const versions = await secrets.listVersions(binding.secret.id);
  const current = versions.find((version) => version.alias === 'current');
  if (current?.metadata['api_key_id'] !== record.current?.newKeyId) {
    throw new ApiError({
      service: 'secrets-manager',
      operation: 'listSecretVersions',
      effect: 'none',
      reason: 'the current version is not the one this rotation made: somebody else rotated the secret',
    });
  }
  return secrets.readPayload(binding.secret.id, 'current');
}

function selectJobs({ binding }: RotationView, zones: readonly ZoneLook[]): JobsLook {
  const jobs: SelectedJob[] = [];
  let complete = true;
  for (const look of zones) {
    if ('unreadable' in look) complete = false;
    else
      for (const job of look.jobs) if (selects(binding, job, look.zone)) jobs.push({ job, zone: look.zone });
  }
  return { jobs, complete };
}
