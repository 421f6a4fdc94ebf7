import { WorldFile } from '../../infra/local/world-file.ts';

const ACCOUNT_ID = '9989c32096219819f54f6ed1c559e016';
export const SECRET_ID = 'f344c42a-efb9-4ebd-8ad0-02caf39bbcef';
export const BUCKET = 'acme-edge-logs';
export const OTHER_LOGS_ID = 'd0cfecb6-9ffe-4469-8b43-e8c747d2e744';
export const SECRETS_MANAGER_ID = 'a5636a44-6fb3-438d-85d6-3284f14d49fe';
/** In the world file; `keyValue` gives its value. */
export const OLD_KEY = 'old-key';
/** The key of somebody who may do everything in Secrets Manager. */
export const PERSON_KEY = 'person-key';
/** A key of the same service ID that is not the keeper's: it must stay as it is. */
export const FOREIGN_KEY_ID = 'ApiKey-00000000-0000-4000-8000-00000000000f';
const OLD_KEY_ID = 'ApiKey-00000000-0000-4000-8000-000000000001';

export interface SmallWorld {
  readonly jobs: 0 | 1 | 2 | 3 | 4;
  /** So many more jobs in the first zone. */
  readonly crowd?: number;
  /** How old the key is that the jobs carry; 85 days by default. */
  readonly keyAgeDays?: number;
  readonly keysOnRead?: 'clear' | 'masked' | 'absent';
  readonly previousKeyWindowMinutes?: number;
  /** What IBM leaves open about IAM, at its most unkind: late lists, late activity, late keys. */
  readonly lags?: boolean;
  /** How long IAM does not know a new key. */
  readonly newKeyDelayMinutes?: number;
  /** CIS tries a destination when it is set. */
  readonly probeOnUpdate?: boolean;
  /** The second zone pushes to a Cloud Logs instance of its own. */
  readonly twoDestinations?: boolean;
  /** Where jobs push; Cloud Logs by default. */
  readonly destination?: 'cloud-logs' | 'cos';
  /** Beside them in the first zone: a job of the same bucket that carries no key, and one that pushes to Splunk. */
  readonly neighbours?: boolean;
  /** The keeper may read policies and access groups. */
  readonly readsPolicies?: boolean;
  /** The keeper may see whatever could stop a push: policies, service instances, restrictions. */
  readonly seesAll?: boolean;
}

export const KEYLESS_JOB = 8;
export const SPLUNK_JOB = 9;
const READS_POLICIES = [
  { service: 'iam-access-management', roles: ['Viewer'] },
  { service: 'iam-groups', roles: ['Viewer'] },
];
const SEES_ALL = [
  ...READS_POLICIES,
  { service: 'logs', roles: ['Viewer'] },
  { service: 'cloud-object-storage', roles: ['Viewer', 'Manager'] },
  { service: 'context-based-restrictions', roles: ['Viewer'] },
];
/** Jobs that no binding's key belongs into. */
const NEIGHBOURS = [
  {
    id: KEYLESS_JOB,
    name: 'eight',
    dataset: 'range_events',
    cos: { bucket: BUCKET, path: 'keyless', ownership: 'legacy' },
  },
  { id: SPLUNK_JOB, name: 'nine', dataset: 'firewall_events', other: 'splunk' },
];

/**
 * One binding whose key the keeper made, 85 days ago or as said, and 1 to 4 Logpush jobs in two zones that carry it. The third job
 * was disabled by hand; the fourth is a second dataset of the first zone.
 */
export const smallWorld = ({
  jobs,
  crowd = 0,
  keyAgeDays = 85,
  keysOnRead = 'clear',
  previousKeyWindowMinutes = 0,
  lags = false,
  newKeyDelayMinutes,
  probeOnUpdate = true,
  twoDestinations = false,
  destination = 'cloud-logs',
  neighbours = false,
  readsPolicies = false,
  seesAll = false,
}: SmallWorld): WorldFile => {
  const all = [
    { zone: 0, id: 1, name: 'one', dataset: 'http_requests', frequency: 'high' },
    { zone: 1, id: 2, name: 'two', dataset: 'http_requests' },
    { zone: 1, id: 3, name: 'three', dataset: 'firewall_events', enabled: false },
    { zone: 0, id: 4, name: 'four', dataset: 'dns_logs' },
  ]
    .slice(0, jobs)
    .concat(
      Array.from({ length: crowd }, (_, n) => ({
        zone: 0,
        id: 100 + n,
        name: `more-${n}`,
        dataset: 'dns_logs',
      })),
    );
  const jobsOf = (index: number) =>
    all
      .filter(({ zone }) => zone === index)
      .map(({ zone: _zone, ...job }) => ({
        ...job,
        ...(destination === 'cos'
          ? { cos: { bucket: BUCKET, path: job.dataset.split('_')[0] ?? '' } }
          : { cloudLogs: twoDestinations && index === 1 ? 'other-logs' : 'logs' }),
        apiKey: OLD_KEY,
      }));
  return WorldFile.parse({
    name: 'small',
    about: 'One key on a few jobs.',
    startsAt: '2026-03-01T00:00:00Z',
    days: 5,
    settings: {
      iam: lags
        ? {
            activityLagSeconds: 86_400,
            listLagSeconds: 1200,
            newKeyDelaySeconds: 60,
            removalDelaySeconds: 600,
          }
        : {
            activityLagSeconds: 3600,
            ...(newKeyDelayMinutes === undefined ? {} : { newKeyDelaySeconds: newKeyDelayMinutes * 60 }),
          },
      cis: { keysOnRead, probeOnUpdate },
      logpush: { propagationMinutes: 10, previousKeyWindowMinutes },
    },
    accounts: [
      {
        name: 'edge',
        id: ACCOUNT_ID,
        keeper: { serviceId: 'keeper', apiKey: 'keeper-key' },
        serviceIds: [
          {
            name: 'keeper',
            id: 'ServiceId-41484497-1ded-4dc9-8f79-8b031c066f28',
            policies: [
              { service: 'internet-svcs', roles: ['Writer'] },
              { service: 'cloud-object-storage', roles: ['Content Reader'] },
              { service: 'secrets-manager', roles: ['Writer'] },
              { service: 'iam-identity', roles: ['Operator'] },
              ...(seesAll ? SEES_ALL : readsPolicies ? READS_POLICIES : []),
            ],
            apiKeys: [
              {
                name: 'keeper-key',
                id: 'ApiKey-00000000-0000-4000-8000-00000000000a',
                createdDaysAgo: 20,
              },
            ],
          },
          {
            name: 'person',
            id: 'ServiceId-6a0e2c31-57f0-4f35-9b0e-2a4a3f3d7c11',
            policies: [{ service: 'secrets-manager', roles: ['Manager'] }],
            apiKeys: [
              { name: PERSON_KEY, id: 'ApiKey-00000000-0000-4000-8000-00000000000b', createdDaysAgo: 1 },
            ],
          },
          {
            name: 'logpush',
            id: 'ServiceId-dda198a0-5acb-4ec6-8cf6-916bac88022f',
            policies: [
              { service: 'logs', roles: ['Sender'] },
              { service: 'cloud-object-storage', roles: ['Object Writer'], bucket: BUCKET },
            ],
            apiKeys: [
              {
                name: OLD_KEY,
                displayName: `logpush-keeper.${SECRET_ID}.run0.1`,
                id: OLD_KEY_ID,
                createdDaysAgo: keyAgeDays,
                expiresInDays: 120 - keyAgeDays,
              },
              { name: 'foreign-key', id: FOREIGN_KEY_ID, createdDaysAgo: 10 },
            ],
          },
        ],
      },
    ],
    cloudLogs: [
      { name: 'logs', guid: 'bdaaaee6-64da-482f-86f3-f733be1eae08', region: 'eu-de', account: 'edge' },
      { name: 'other-logs', guid: OTHER_LOGS_ID, region: 'eu-de', account: 'edge' },
    ],
    buckets: [
      {
        name: BUCKET,
        location: 'eu-de',
        instance: '33333333-1111-4222-8333-444444444444',
        account: 'edge',
        grantsLogpush: true,
      },
    ],
    secretsManagers: [
      {
        name: 'secrets',
        guid: SECRETS_MANAGER_ID,
        region: 'eu-de',
        account: 'edge',
        secrets: [{ id: SECRET_ID, name: 'logpush-key', apiKey: OLD_KEY, binding: { name: 'edge-logs' } }],
      },
    ],
    cis: [
      {
        name: 'shop',
        guid: 'e62e2ea9-4d83-466f-8278-c975d967be57',
        account: 'edge',
        zones: [
          {
            id: 'a494d76ca5e6c8e2f0e7eb6a65238573',
            name: 'shop.example',
            jobs: [...jobsOf(0), ...(neighbours ? NEIGHBOURS : [])],
          },
          { id: '1a111f682132b16100981e92c356aecc', name: 'pay.example', jobs: jobsOf(1) },
        ],
      },
    ],
  });
};
