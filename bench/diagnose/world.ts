import { WorldFile } from '../../infra/local/world-file.ts';
import type { Case, Right } from './cases.ts';

const ACCOUNT = '9989c32096219819f54f6ed1c559e016';
const LOGS = 'bdaaaee6-64da-482f-86f3-f733be1eae08';
const OTHER_LOGS = 'd0cfecb6-9ffe-4469-8b43-e8c747d2e744';
const COS = '33333333-1111-4222-8333-444444444444';
const BUCKET = 'acme-edge-logs';

/** The job that is broken in any case; one that shares everything with it and that a person disabled; one that is well. */
export const BROKEN_JOB = 1;
export const PERSONS_JOB = 8;
const HEALTHY_JOB = 9;

/** What a keeper that lacks a right has in its place: policies by service, without these. */
const POLICIES: Readonly<Record<Exclude<Right, 'retention' | 'bucket-configuration'>, readonly string[]>> = {
  keys: ['iam-identity'],
  policies: ['iam-access-management'],
  groups: ['iam-groups'],
  secrets: ['secrets-manager'],
  instances: ['logs', 'cos-instances'],
  restrictions: ['context-based-restrictions'],
  bucket: ['cloud-object-storage'],
};

function keeperPolicies(missing: ReadonlySet<Right>) {
  const without = new Set(
    [...missing].flatMap((right) => (right in POLICIES ? POLICIES[right as keyof typeof POLICIES] : [])),
  );
  const bucketRole = missing.has('bucket-configuration') ? 'Content Reader' : 'Manager';
  const all = [
    { as: 'internet-svcs', service: 'internet-svcs', roles: ['Writer'] },
    { as: 'secrets-manager', service: 'secrets-manager', roles: ['Writer'] },
    { as: 'iam-identity', service: 'iam-identity', roles: ['Operator'] },
    { as: 'iam-access-management', service: 'iam-access-management', roles: ['Viewer'] },
    { as: 'iam-groups', service: 'iam-groups', roles: ['Viewer'] },
    { as: 'logs', service: 'logs', roles: ['Viewer'] },
    { as: 'cos-instances', service: 'cloud-object-storage', roles: ['Viewer'] },
    { as: 'cloud-object-storage', service: 'cloud-object-storage', roles: [bucketRole] },
    { as: 'context-based-restrictions', service: 'context-based-restrictions', roles: ['Viewer'] },
  ];
  return all.filter(({ as }) => !without.has(as)).map(({ service, roles }) => ({ service, roles }));
}

const KEY = 'logpush-key';
/** A bucket that no job pushes to. */
const NEIGHBOUR = { name: 'acme-archive', location: 'eu-de', instance: COS, account: 'edge' };
/** Restrictions that keep nobody out: one only reports, one is about another bucket. */
const HARMLESS = [
  { id: 'reports', service: 'logs', enforcement: 'report', addresses: [] },
  { id: 'reports-cos', service: 'cloud-object-storage', enforcement: 'report', addresses: [] },
  { id: 'elsewhere', service: 'cloud-object-storage', bucket: NEIGHBOUR.name, addresses: [] },
];

/** Where the jobs push. */
function destinationOf({ destination }: Case, path: string) {
  switch (destination) {
    case 'cloud-logs':
      return { cloudLogs: 'logs', apiKey: KEY };
    case 'cos':
      return { cos: { bucket: BUCKET, path }, apiKey: KEY };
    case 'cos-keyless':
      return { cos: { bucket: BUCKET, path, ownership: 'legacy' } };
    case 'logdna':
      return { other: 'logdna' };
  }
}

/** The world of a case before anything is broken: jobs that push, and beside them one of a person and one that is always well. */
export function worldOf(one: Case): WorldFile {
  const datasets = ['http_requests', 'firewall_events', 'dns_logs'] as const;
  const jobs = datasets.slice(0, one.jobs).map((dataset, index) => ({
    id: BROKEN_JOB + index,
    name: `broken-${index}`,
    dataset,
    ...destinationOf(one, dataset),
  }));
  const isBound = one.bound && (one.destination === 'cloud-logs' || one.destination === 'cos');
  const key = (name: string, id: string) => ({
    name,
    id: `ApiKey-00000000-0000-4000-8000-0000000000${id}`,
    createdDaysAgo: 20,
  });
  return WorldFile.parse({
    name: 'broken',
    about: 'A world that is broken on purpose.',
    startsAt: '2026-03-01T00:00:00Z',
    days: 3,
    settings: {
      cis: {
        keysOnRead: one.keysOnRead,
        retentionRead: one.missing.has('retention') ? 'manage' : 'read',
        probeOnUpdate: false,
      },
      logpush: { errorMessages: one.errorMessages, logdna: 'alive', previousKeyWindowMinutes: 0 },
    },
    accounts: [
      {
        name: 'edge',
        id: ACCOUNT,
        keeper: { serviceId: 'keeper', apiKey: 'keeper-key' },
        restrictions: one.decoys ? HARMLESS : [],
        serviceIds: [
          {
            name: 'keeper',
            id: 'ServiceId-00000000-0000-4000-8000-00000000000a',
            policies: keeperPolicies(one.missing),
            apiKeys: [key('keeper-key', '0a')],
          },
          {
            name: 'logpush',
            id: 'ServiceId-00000000-0000-4000-8000-00000000000b',
            policies: [
              { service: 'logs', roles: ['Sender'] },
              { service: 'cloud-object-storage', roles: ['Object Writer'] },
            ],
            apiKeys: [
              key(KEY, '0b'),
              ...(one.decoys ? [{ ...key('spent-key', '0d'), createdDaysAgo: 90, expiresInDays: -5 }] : []),
            ],
          },
          {
            name: 'other',
            id: 'ServiceId-00000000-0000-4000-8000-00000000000c',
            policies: [{ service: 'logs', roles: ['Sender'], instance: OTHER_LOGS }],
            apiKeys: [key('other-key', '0c')],
          },
        ],
      },
    ],
    cloudLogs: [
      { name: 'logs', guid: LOGS, region: one.oddRegion ? 'eu-fr2' : 'eu-de', account: 'edge' },
      { name: 'other-logs', guid: OTHER_LOGS, region: 'us-south', account: 'edge' },
    ],
    buckets: [
      { name: BUCKET, location: 'eu-de', instance: COS, account: 'edge', grantsLogpush: true },
      ...(one.decoys ? [{ ...NEIGHBOUR, firewall: { allowedIps: ['198.51.100.7'] }, hardQuota: 1 }] : []),
    ],
    secretsManagers: [
      {
        name: 'secrets',
        guid: 'a5636a44-6fb3-438d-85d6-3284f14d49fe',
        region: 'eu-de',
        account: 'edge',
        secrets: isBound
          ? [
              {
                id: 'f344c42a-efb9-4ebd-8ad0-02caf39bbcef',
                name: 'logpush-key',
                apiKey: KEY,
                // What others made is not rotated here: nothing but diagnosis and repair is at work.
                binding: { name: 'edge-logs' },
              },
            ]
          : [],
      },
    ],
    cis: [
      {
        name: 'shop',
        guid: 'e62e2ea9-4d83-466f-8278-c975d967be57',
        account: 'edge',
        zones: [
          { id: 'a494d76ca5e6c8e2f0e7eb6a65238573', name: 'shop.example', jobs },
          {
            id: '1a111f682132b16100981e92c356aecc',
            name: 'pay.example',
            jobs: [
              {
                id: PERSONS_JOB,
                name: 'persons',
                dataset: 'http_requests',
                enabled: false,
                ...destinationOf(one, 'persons'),
              },
              {
                id: HEALTHY_JOB,
                name: 'healthy',
                dataset: 'range_events',
                cloudLogs: 'other-logs',
                apiKey: 'other-key',
              },
            ],
          },
        ],
      },
    ],
  });
}
