import { days, hours } from '../../shared/domain/time.ts';
import { populateAccess } from './iam/populate.ts';
import { LOGPUSH_IDENTITY } from './logpush/deliver.ts';
import { registerInstances } from './resource-controller/populate.ts';
import type { World } from './world.ts';
import { WorldDestinations } from './world-destinations.ts';
import { cisCrn, keyOwners, ownerOf, type WorldFile, type WorldJob } from './world-file.ts';
import { addWorldSecret, madeKey } from './world-secrets.ts';

/** The services of a world in which nothing is yet. */
type EmptyWorld = Pick<
  World,
  | 'file'
  | 'random'
  | 'iam'
  | 'restrictions'
  | 'cloudLogs'
  | 'secretsManager'
  | 'cos'
  | 'cis'
  | 'resourceController'
>;

type Account = WorldFile['accounts'][number];
type Bucket = WorldFile['buckets'][number];
type CisInstance = WorldFile['cis'][number];
type SecretsManagerInstance = WorldFile['secretsManagers'][number];

/**
 * Puts everything that a world file tells into the services of a new world, long since.
 *
 * @returns the values of its API keys, those that Secrets Manager made included, by their names
 * @throws {Error} when the file names what it does not have
 */
export function populate(world: EmptyWorld): ReadonlyMap<string, string> {
  const populating = new Populating(world);
  populating.run();
  return populating.keyValues;
}

class Populating {
  readonly keyValues = new Map<string, string>();
  readonly #world: EmptyWorld;
  readonly #accountIds: ReadonlyMap<string, string>;

  constructor(world: EmptyWorld) {
    this.#world = world;
    this.#accountIds = new Map(world.file.accounts.map(({ name, id }) => [name, id]));
  }

  run(): void {
    const { file, cloudLogs, resourceController } = this.#world;
    this.#addAccounts();
    for (const { guid, region, account, state, privateOnly } of file.cloudLogs)
      cloudLogs.addInstance({ guid, region, accountId: this.#accountId(account), state, privateOnly });
    for (const instance of file.secretsManagers) this.#addSecretsManager(instance);
    for (const bucket of file.buckets) this.#addBucket(bucket);
    this.#addCis();
    registerInstances(resourceController, file, this.#world);
  }

  #accountId(name: string): string {
    const id = this.#accountIds.get(name);
    if (id === undefined) throw new Error(`the world file has no account named "${name}"`);
    return id;
  }

  #keyValue(name: string): string {
    const value = this.keyValues.get(name);
    if (value === undefined) throw new Error(`the world file has no API key named "${name}"`);
    return value;
  }

  #addAccounts(): void {
    const { file, iam, restrictions, random } = this.#world;
    const values = random.fork('key values');
    for (const account of file.accounts) {
      populateAccess(iam, account, file.startsAt);
      for (const restriction of account.restrictions)
        restrictions.add({ ...restriction, accountId: account.id }, file.startsAt - days(90));
      for (const { id, name } of account.serviceIds) iam.addServiceId({ id, name, accountId: account.id });
      for (const { iamId, name } of account.users) iam.addUser({ iamId, name, accountId: account.id });
      this.#addKeys(account, () => `TRACER-${values.hex(37)}`);
    }
  }

  #addKeys(account: Account, newValue: () => string): void {
    const { iam, file } = this.#world;
    for (const { iamId, apiKeys } of keyOwners(account))
      for (const key of apiKeys) {
        const value = newValue();
        this.keyValues.set(key.name, value);
        iam.addKey({
          id: key.id,
          name: key.displayName ?? key.name,
          iamId,
          accountId: account.id,
          value,
          createdAt: file.startsAt - days(key.createdDaysAgo),
          disabled: key.disabled,
          locked: key.locked,
          ...(key.expiresInDays === undefined ? {} : { expiresAt: file.startsAt + days(key.expiresInDays) }),
        });
      }
  }

  #addSecretsManager({ guid, region, account, secrets }: SecretsManagerInstance): void {
    const { secretsManager, file } = this.#world;
    secretsManager.addInstance({ guid, region, accountId: this.#accountId(account) });
    for (const secret of secrets) {
      addWorldSecret(secretsManager, guid, secret, file.startsAt, {
        keyValue: (key) => this.#keyValue(key),
        serviceIdOf: (name) => ownerOf(file, name).iamId.replace(/^iam-/, ''),
      });
      if (secret.type !== 'iam_credentials') continue;
      const value = secretsManager.currentPayload(guid, secret.id);
      if (value !== undefined) this.keyValues.set(madeKey(secret.name), value);
    }
  }

  #addBucket({ instance: instanceId, account, grantsLogpush, ...bucket }: Bucket): void {
    const { cos, iam, file } = this.#world;
    const accountId = this.#accountId(account);
    cos.addBucket({ ...bucket, instanceId, accountId, createdAt: file.startsAt - days(90) });
    if (grantsLogpush)
      iam.addPolicy({
        iamId: LOGPUSH_IDENTITY.iamId,
        accountId,
        service: 'cloud-object-storage',
        roles: ['Object Writer'],
        instanceId,
        resource: { type: 'bucket', name: bucket.name },
      });
  }

  #addCis(): void {
    const { cis, file, random } = this.#world;
    const destinations = new WorldDestinations(file, (key) => this.#keyValue(key), random);
    for (const instance of file.cis) {
      const accountId = this.#accountId(instance.account);
      const crn = cisCrn(accountId, instance.guid);
      cis.addInstance({ crn, accountId });
      for (const zone of instance.zones) this.#addZone(crn, zone, destinations);
    }
  }

  #addZone(instanceCrn: string, zone: CisInstance['zones'][number], destinations: WorldDestinations): void {
    const { id, name, status, retention, jobs } = zone;
    this.#world.cis.addZone({ instanceCrn, id, name, status, retention });
    for (const job of jobs) this.#addJob(instanceCrn, id, job, destinations);
  }

  #addJob(instanceCrn: string, zoneId: string, job: WorldJob, destinations: WorldDestinations): void {
    const { cis, iam, file } = this.#world;
    const { id, name, dataset, frequency, enabled, disabledBy, traffic = true, past, keysOnRead } = job;
    cis.addJob({
      instanceCrn,
      zoneId,
      id,
      name,
      dataset,
      frequency,
      enabled,
      wanted: enabled || disabledBy === 'platform',
      traffic,
      destination: destinations.of(job),
      ...(past === undefined ? {} : { past: pastOf(past, file.startsAt) }),
      ...(keysOnRead === undefined ? {} : { keysOnRead }),
    });
    if (!enabled || job.apiKey === undefined) return;
    // It has pushed before this world began, and long enough for IAM to show it.
    const key = iam.liveKeyByValue(this.#keyValue(job.apiKey));
    for (const at of [file.startsAt - hours(25), file.startsAt - hours(1)])
      if (key !== undefined && at >= key.createdAt) key.logins.push(at);
  }
}

const pastOf = (
  { pushedHoursAgo, failedHoursAgo, error }: NonNullable<WorldJob['past']>,
  startsAt: number,
) => ({
  pushedAt: startsAt - hours(pushedHoursAgo),
  error,
  ...(failedHoursAgo === undefined ? {} : { failedAt: startsAt - hours(failedHoursAgo) }),
});
