import { WorldFile } from './world-file.ts';

const ACCOUNT = '9989c32096219819f54f6ed1c559e016';
const LOGS = 'bdaaaee6-64da-482f-86f3-f733be1eae08';
const COS = '33333333-1111-4222-8333-444444444444';
const BUCKET = 'acme-edge-logs';
const DATASETS = ['http_requests', 'firewall_events', 'dns_logs', 'range_events'] as const;
const FEWEST_JOBS = 2;

/** How one fleet differs from the usual one. */
export interface FleetOptions {
  /** The same in every zone, at most 4; absent = two to four, in turn. */
  readonly jobsPerZone?: number;
  /** How old the keys of the jobs are; 20 days if absent, when none is due. */
  readonly keysCreatedDaysAgo?: number;
}

/** How many Logpush jobs the zone of a number has. */
const jobsOf = (zone: number, jobs = FEWEST_JOBS + (zone % (DATASETS.length - FEWEST_JOBS + 1))): number =>
  jobs;

/** How many Logpush jobs so many zones have. */
export const jobsIn = (zones: number): number =>
  Array.from({ length: zones }, (_, zone) => jobsOf(zone)).reduce((sum, jobs) => sum + jobs, 0);

const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

const LIFE_DAYS = 120;
const AGE_DAYS = 20;

const key = (name: string, n: number, createdDaysAgo: number) => ({
  name,
  id: `ApiKey-${uuid(n)}`,
  createdDaysAgo,
  expiresInDays: LIFE_DAYS - createdDaysAgo,
});

const owner = (name: string, n: number, policies: readonly object[], keyAgeDays = AGE_DAYS) => ({
  name,
  id: `ServiceId-${uuid(n)}`,
  policies,
  apiKeys: [key(`${name}-key`, n, keyAgeDays)],
});

/**
 * A fleet on a usual day: all is well, and no key is due unless it is made old. Every other job pushes to Cloud Logs, the others
 * to a bucket; each of the two has a key of its own. One job a zone is declared.
 */
export function fleetWorld(
  zones: number,
  startsAt: string,
  lastsDays: number,
  { jobsPerZone, keysCreatedDaysAgo }: FleetOptions = {},
): WorldFile {
  let id = 0;
  const all = Array.from({ length: zones }, (_, zone) => ({
    id: zone.toString(16).padStart(32, '0'),
    name: `zone-${zone}.example`,
    jobs: DATASETS.slice(0, jobsOf(zone, jobsPerZone)).map((dataset, i) => {
      id += 1;
      const place =
        i % 2 === 0
          ? { cloudLogs: 'logs', apiKey: 'logs-key' }
          : { cos: { bucket: BUCKET, path: `zone-${zone}/${dataset}` }, apiKey: 'bucket-key' };
      return { id, name: dataset.replace('_', '-'), dataset, ...place };
    }),
  }));
  return WorldFile.parse({
    name: 'fleet',
    about: 'A fleet on a usual day.',
    startsAt,
    days: lastsDays,
    keeper: {
      logpushJobs: all.map(({ name }) => ({
        zone: name,
        name: 'http-requests',
        dataset: 'http_requests',
        frequency: 'low',
        logpullOptions: 'timestamps=rfc3339',
        destination: { cloudLogs: { instance: LOGS, region: 'eu-de' } },
        binding: 'logs',
      })),
    },
    accounts: [
      {
        name: 'edge',
        id: ACCOUNT,
        keeper: { serviceId: 'keeper', apiKey: 'keeper-key' },
        serviceIds: [
          owner('keeper', 1, [
            { service: 'internet-svcs', roles: ['Manager'] },
            { service: 'secrets-manager', roles: ['Writer'] },
            { service: 'iam-identity', roles: ['Operator'] },
            { service: 'iam-access-management', roles: ['Viewer'] },
            { service: 'iam-groups', roles: ['Viewer'] },
            { service: 'cloud-object-storage', roles: ['Viewer', 'Manager'] },
            { service: 'logs', roles: ['Viewer'] },
          ]),
          owner('logs', 2, [{ service: 'logs', roles: ['Sender'] }], keysCreatedDaysAgo),
          owner(
            'bucket',
            3,
            [{ service: 'cloud-object-storage', roles: ['Object Writer'] }],
            keysCreatedDaysAgo,
          ),
        ],
      },
    ],
    cloudLogs: [{ name: 'logs', guid: LOGS, region: 'eu-de', account: 'edge' }],
    buckets: [{ name: BUCKET, location: 'eu-de', instance: COS, account: 'edge' }],
    secretsManagers: [
      {
        name: 'secrets',
        guid: uuid(4),
        region: 'eu-de',
        account: 'edge',
        secrets: ['logs', 'bucket'].map((name, i) => ({
          id: uuid(10 + i),
          name: `${name}-secret`,
          apiKey: `${name}-key`,
          binding: { name, adopt: 'disable' },
        })),
      },
    ],
    cis: [{ name: 'cis', guid: uuid(5), account: 'edge', zones: all }],
  });
}
