import type { SeededRandom } from '../../../infra/local/random.ts';
import { WorldFile } from '../../../infra/local/world-file.ts';

const ACCOUNT_ID = '9989c32096219819f54f6ed1c559e016';
export const SECRETS_MANAGER_ID = 'a5636a44-6fb3-438d-85d6-3284f14d49fe';
const COS_INSTANCE_ID = '33333333-1111-4222-8333-444444444444';
const DATASETS = ['http_requests', 'firewall_events', 'dns_logs', 'range_events'] as const;

/** One key, the destination that its jobs push to, and the jobs. */
export interface Group {
  readonly destination: 'cloud-logs' | 'cos';
  readonly secretId: string;
  readonly serviceId: string;
  /** Of the world file. */
  readonly keyName: string;
  /** Name of the Cloud Logs instance, or of the bucket. */
  readonly place: string;
  readonly jobIds: readonly number[];
}

/** A world drawn from a seed, and what the keeper's configuration says beyond the usual. */
export interface FleetWorld {
  readonly file: WorldFile;
  readonly groups: readonly Group[];
  /** Jobs that one run may enable. */
  readonly maxChanges: number;
  /** Jobs that are disabled from the beginning. */
  readonly disabled: readonly number[];
}

const uuid = (kind: number, n: number): string =>
  `0000000${kind}-0000-4000-8000-${String(n).padStart(12, '0')}`;

/** One or two CIS instances, two to four zones, three to eight jobs that share one to three keys. */
export function drawWorld(random: SeededRandom): FleetWorld {
  const groups = Array.from({ length: 1 + random.below(3) }, (_, index) => ({
    destination: random.pick(['cloud-logs', 'cos'] as const),
    secretId: uuid(1, index),
    serviceId: `ServiceId-${uuid(2, index)}`,
    keyName: `key-${index}`,
    place: `place-${index}`,
    jobIds: [] as number[],
    // Due at once, in the middle, or not at all in these days; some end before they are old.
    age: random.pick([
      { createdDaysAgo: 85, expiresInDays: 35 },
      { createdDaysAgo: 60, expiresInDays: 60 },
      { createdDaysAgo: 5, expiresInDays: 115 },
      { createdDaysAgo: 20, expiresInDays: 40 },
    ]),
  }));
  const zones = Array.from({ length: 2 + random.below(3) }, (_, index) => ({
    id: index.toString(16).padStart(32, '0'),
    name: `zone-${index}.example`,
    jobs: [] as unknown[],
  }));
  const disabled: number[] = [];
  const count = 3 + random.below(6);
  for (let id = 1; id <= count; id += 1) {
    const zone = zones[id % zones.length];
    const group = groups[(id - 1) % groups.length];
    if (zone === undefined || group === undefined) throw new RangeError('no zone or no key');
    const dataset = DATASETS[zone.jobs.length % DATASETS.length];
    const enabled = id <= groups.length || random.below(8) > 0;
    if (!enabled) disabled.push(id);
    group.jobIds.push(id);
    zone.jobs.push({
      id,
      name: `job-${id}`,
      dataset,
      frequency: random.below(5) === 0 ? 'high' : 'low',
      enabled,
      apiKey: group.keyName,
      ...(group.destination === 'cos'
        ? {
            cos: {
              bucket: group.place,
              path: `${zone.name}/${dataset}`,
              dailySubfolder: random.below(4) > 0,
            },
          }
        : { cloudLogs: group.place }),
    });
  }
  const instances = random.pick([1, 2]);
  const file = WorldFile.parse({
    name: 'fleet',
    about: 'Drawn from a seed.',
    startsAt: '2026-03-01T00:00:00Z',
    days: 30,
    settings: {
      iam: { activityLagSeconds: random.pick([0, 3600, 86_400]), newKeyDelaySeconds: random.pick([2, 60]) },
      cis: {
        keysOnRead: random.pick(['clear', 'masked', 'absent']),
        probeOnUpdate: random.below(3) > 0,
        emptyListAsNull: random.below(2) === 0,
      },
      logpush: {
        propagationMinutes: random.pick([0, 10, 15]),
        previousKeyWindowMinutes: random.pick([0, 30, 60]),
        enablingClearsLastComplete: random.below(3) > 0,
      },
    },
    accounts: [
      {
        name: 'edge',
        id: ACCOUNT_ID,
        keeper: { serviceId: 'keeper', apiKey: 'keeper-key' },
        serviceIds: [
          {
            name: 'keeper',
            id: `ServiceId-${uuid(3, 0)}`,
            policies: [
              { service: 'internet-svcs', roles: ['Writer'] },
              // A firewall is shown to nobody else.
              { service: 'cloud-object-storage', roles: ['Manager'] },
              { service: 'secrets-manager', roles: ['Writer'] },
              { service: 'iam-identity', roles: ['Operator'] },
              { service: 'iam-access-management', roles: ['Viewer'] },
              { service: 'iam-groups', roles: ['Viewer'] },
            ],
            apiKeys: [{ name: 'keeper-key', id: `ApiKey-${uuid(4, 0)}`, createdDaysAgo: 20 }],
          },
          ...groups.map(({ serviceId, keyName, secretId, destination, age }, index) => ({
            name: `logpush-${index}`,
            id: serviceId,
            policies: [roleOf(destination)],
            apiKeys: [
              {
                name: keyName,
                displayName: `logpush-keeper.${secretId}.run0.1`,
                id: `ApiKey-${uuid(5, index)}`,
                ...age,
              },
            ],
          })),
        ],
      },
    ],
    cloudLogs: groups.flatMap(({ destination, place }, index) =>
      destination === 'cloud-logs'
        ? [{ name: place, guid: uuid(6, index), region: 'eu-de', account: 'edge' }]
        : [],
    ),
    buckets: groups.flatMap(({ destination, place }) =>
      destination === 'cos'
        ? [{ name: place, location: 'eu-de', instance: COS_INSTANCE_ID, account: 'edge' }]
        : [],
    ),
    secretsManagers: [
      {
        name: 'secrets',
        guid: SECRETS_MANAGER_ID,
        region: 'eu-de',
        account: 'edge',
        secrets: groups.map(({ secretId, keyName }, index) => ({
          id: secretId,
          name: `secret-${index}`,
          apiKey: keyName,
          binding: { name: `binding-${index}` },
        })),
      },
    ],
    cis: Array.from({ length: instances }, (_, instance) => ({
      name: `cis-${instance}`,
      guid: uuid(7, instance),
      account: 'edge',
      zones: zones.filter((_zone, index) => index % instances === instance),
    })),
  });
  return { file, groups, maxChanges: random.pick([1, 2, 5]), disabled };
}

/** What the owner of a group's key is allowed. */
export const roleOf = (destination: Group['destination']) =>
  destination === 'cos'
    ? { service: 'cloud-object-storage', roles: ['Object Writer'] }
    : { service: 'logs', roles: ['Sender'] };
