import type { JobDestination } from './cis/destination.ts';
import type { JobState } from './cis/state.ts';
import type { Blockers } from './cos/bucket.ts';
import { LOGPUSH_IDENTITY } from './logpush/deliver.ts';
import type { World } from './world.ts';

/** Everything that can stop the pushes of a job, as far as the documentation names it. */
export const BREAKAGES = [
  'zone-paused',
  'retention-off',
  'key-expired',
  'key-disabled',
  'key-deleted',
  'sender-removed',
  'logs-deleted',
  'logs-private',
  'logs-elsewhere',
  'logs-restricted',
  'logs-region-closed',
  'logs-outage',
  'writer-removed',
  'writer-elsewhere',
  'bucket-deleted',
  'bucket-elsewhere',
  'bucket-firewall',
  'bucket-quota',
  'bucket-root-key',
  'bucket-checksums',
  'bucket-restricted',
  'cos-deleted',
  'logpush-identity-removed',
  'logdna-retired',
] as const;
export type BreakageKind = (typeof BREAKAGES)[number];

/** How one kind is done. @returns how it is mended, and which jobs it hits */
type Break = (
  world: World,
  job: JobState,
) => { readonly hits: (other: JobState) => boolean; readonly mend: () => void };

const keyOf = (world: World, { id, destination }: JobState) => {
  const key = world.iam.liveKeyByValue(destination.apiKey ?? '');
  if (key === undefined) throw new Error(`job ${id} carries no key that lives`);
  return key;
};

/** Whose the key of a job is, or was. */
function ownerOf(world: World, { id, destination }: JobState) {
  const keyId = world.iam.keyIdOf(destination.apiKey);
  const key = world.iam.keys().find((one) => one.id === keyId);
  if (key === undefined) throw new Error(`job ${id} carries no key`);
  return key;
}

const sharesKey =
  (job: JobState) =>
  (other: JobState): boolean =>
    other.destination.apiKey !== undefined && other.destination.apiKey === job.destination.apiKey;

const withBucket = (job: JobState) => {
  const { destination } = job;
  if (destination.elsewhere !== undefined || destination.bucket === undefined)
    throw new Error(`job ${job.id} does not push to a bucket`);
  return { ...destination, bucket: destination.bucket };
};

const withLogs = (job: JobState) => {
  const { destination } = job;
  if (destination.elsewhere !== undefined || destination.bucket !== undefined)
    throw new Error(`job ${job.id} does not push to Cloud Logs`);
  return destination;
};

const ofBucket = (job: JobState) => {
  const { name } = withBucket(job).bucket;
  return (other: JobState): boolean => other.destination.bucket?.name === name;
};

const ofInstance = (job: JobState) => {
  const { instanceId } = job.destination;
  return (other: JobState): boolean => other.destination.instanceId === instanceId;
};

const ofZone =
  (job: JobState) =>
  (other: JobState): boolean =>
    other.zoneId === job.zoneId;

const only =
  (job: JobState) =>
  (other: JobState): boolean =>
    other.id === job.id;

/** Keeps Logpush out, and lets the keeper in. */
const keeperOnly = (world: World): string[] => [world.settings.cos.callerAddress];

/** Takes the roles of whoever a job's key is of on one service, perhaps for narrower ones. */
const withoutRole =
  (service: 'logs' | 'cloud-object-storage', role: string, path?: string): Break =>
  (world, job) => {
    const { iamId, accountId } = ownerOf(world, job);
    world.iam.removePolicy(iamId, service);
    const grant = (more: { readonly path?: string }): void =>
      world.iam.addPolicy({ iamId, accountId, service, roles: [role], ...more });
    if (path !== undefined) grant({ path });
    const hits = (other: JobState): boolean => {
      const { apiKey, bucket } = other.destination;
      if (apiKey === undefined || (bucket === undefined) !== (service === 'logs')) return false;
      return ownerOf(world, other).iamId === iamId;
    };
    return { hits, mend: () => grant({}) };
  };

/** Sends a job's pushes to another place than its destination is at. */
const toRegion =
  (region: string): Break =>
  (world, job) => {
    const before = job.destination as JobDestination & { readonly elsewhere?: undefined };
    const ref = { instanceCrn: job.instanceCrn, zoneId: job.zoneId, jobId: job.id };
    world.cis.setDestination(ref, { ...before, region });
    return { hits: only(job), mend: () => world.cis.setDestination(ref, before) };
  };

const onBucket =
  (change: (bucket: Blockers, world: World) => void, back: (bucket: Blockers) => void): Break =>
  (world, job) => {
    const { name } = withBucket(job).bucket;
    world.cos.change(name, (bucket) => change(bucket, world));
    return { hits: ofBucket(job), mend: () => world.cos.change(name, back) };
  };

const restrict =
  (service: 'logs' | 'cloud-object-storage'): Break =>
  (world, job) => {
    const { instanceId, bucket } =
      service === 'logs' ? { ...withLogs(job), bucket: undefined } : withBucket(job);
    const id = `restriction-${instanceId.slice(0, 8)}-${service}`;
    const [account] = world.file.accounts;
    world.restrictions.add({
      id,
      accountId: account?.id ?? '',
      service,
      instance: instanceId,
      bucket: bucket?.name,
      enforcement: 'enabled',
      addresses: keeperOnly(world),
    });
    return {
      hits: service === 'logs' ? ofInstance(job) : ofBucket(job),
      mend: () => world.restrictions.remove(id),
    };
  };

/** How each is done, and undone. */
export const HOW: Readonly<Record<BreakageKind, Break>> = {
  'zone-paused': (world, job) => {
    const zone = { instanceCrn: job.instanceCrn, id: job.zoneId };
    world.cis.setPaused(zone, true);
    return { hits: ofZone(job), mend: () => world.cis.setPaused(zone, false) };
  },
  'retention-off': (world, job) => {
    const zone = { instanceCrn: job.instanceCrn, id: job.zoneId };
    world.cis.setRetention(zone, false);
    return { hits: ofZone(job), mend: () => world.cis.setRetention(zone, true) };
  },
  'key-expired': (world, job) => {
    const key = keyOf(world, job);
    key.expiresAt = world.now();
    return { hits: sharesKey(job), mend: () => void (key.expiresAt = undefined) };
  },
  'key-disabled': (world, job) => {
    const key = keyOf(world, job);
    Object.assign(key, { disabled: true, disabledAt: world.now() });
    return {
      hits: sharesKey(job),
      mend: () => void Object.assign(key, { disabled: false, disabledAt: undefined }),
    };
  },
  'key-deleted': (world, job) => {
    const key = keyOf(world, job);
    world.iam.deleteKey(key.id, world.now());
    return { hits: sharesKey(job), mend: () => void (key.deletedAt = undefined) };
  },
  'sender-removed': withoutRole('logs', 'Sender'),
  'logs-deleted': (world, job) => {
    const { instanceId } = withLogs(job);
    const state = world.random.next() < 0.5 ? 'pending_reclamation' : 'removed';
    world.cloudLogs.change(instanceId, (instance) => (instance.state = state));
    return {
      hits: ofInstance(job),
      mend: () => world.cloudLogs.change(instanceId, (instance) => (instance.state = 'active')),
    };
  },
  'logs-private': (world, job) => {
    const { instanceId } = withLogs(job);
    world.cloudLogs.change(instanceId, (instance) => (instance.privateOnly = true));
    return {
      hits: ofInstance(job),
      mend: () => world.cloudLogs.change(instanceId, (instance) => (instance.privateOnly = false)),
    };
  },
  'logs-elsewhere': toRegion('au-syd'),
  'logs-restricted': restrict('logs'),
  'logs-region-closed': (world, job) => {
    const { region } = withLogs(job);
    world.settings.logpush.probeOnlyRegions.push(region);
    return {
      hits: (other) => other.destination.bucket === undefined && other.destination.region === region,
      mend: () => void world.settings.logpush.probeOnlyRegions.pop(),
    };
  },
  'logs-outage': (world, job) => {
    const { instanceId } = withLogs(job);
    world.cloudLogs.refuse(instanceId, 503);
    return { hits: ofInstance(job), mend: () => world.cloudLogs.refuse(instanceId, undefined) };
  },
  'writer-removed': withoutRole('cloud-object-storage', 'Object Writer'),
  'writer-elsewhere': withoutRole('cloud-object-storage', 'Object Writer', 'elsewhere/*'),
  'bucket-deleted': onBucket(
    (bucket) => (bucket.deleted = true),
    (bucket) => (bucket.deleted = false),
  ),
  'bucket-elsewhere': toRegion('au-syd'),
  'bucket-firewall': onBucket(
    (bucket, world) => (bucket.firewall = { allowedIps: keeperOnly(world) }),
    (bucket) => (bucket.firewall = undefined),
  ),
  'bucket-quota': onBucket(
    (bucket) => (bucket.hardQuota = 1),
    (bucket) => (bucket.hardQuota = undefined),
  ),
  'bucket-root-key': onBucket(
    (bucket) =>
      (bucket.rootKey = {
        crn: 'crn:v1:bluemix:public:kms:eu-de:a/1:22222222-1111-4222-8333-444444444444:key:1',
        state: 'disabled',
      }),
    (bucket) => (bucket.rootKey = undefined),
  ),
  'bucket-checksums': (world, job) => {
    const { name } = withBucket(job).bucket;
    world.cos.change(name, (bucket) => (bucket.retentionDays = 1));
    world.settings.logpush.sendsChecksum = false;
    return {
      hits: ofBucket(job),
      mend: () => {
        world.cos.change(name, (bucket) => (bucket.retentionDays = undefined));
        world.settings.logpush.sendsChecksum = true;
      },
    };
  },
  'bucket-restricted': restrict('cloud-object-storage'),
  'cos-deleted': onBucket(
    (bucket) => (bucket.instanceState = 'pending_reclamation'),
    (bucket) => (bucket.instanceState = 'active'),
  ),
  'logpush-identity-removed': (world, job) => {
    withBucket(job);
    const { iamId } = LOGPUSH_IDENTITY;
    world.iam.removePolicy(iamId, 'cloud-object-storage');
    const accountId = world.file.accounts[0]?.id ?? '';
    return {
      hits: (other) => other.destination.bucket !== undefined && other.destination.apiKey === undefined,
      mend: () =>
        world.iam.addPolicy({ iamId, accountId, service: 'cloud-object-storage', roles: ['Object Writer'] }),
    };
  },
  'logdna-retired': (world, job) => {
    if (job.destination.elsewhere !== 'logdna')
      throw new Error(`job ${job.id} does not push to Log Analysis`);
    world.settings.logpush.logdna = 'dead';
    return {
      hits: ({ destination }) => destination.elsewhere === 'logdna',
      mend: () => void (world.settings.logpush.logdna = 'alive'),
    };
  },
};
