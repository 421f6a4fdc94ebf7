import { expect, test } from 'vitest';
import { bucketPlace } from '../../../../shared/domain/access-grant.ts';
import type { AccessPolicy, Attribute } from '../../../../shared/domain/access-policy.ts';
import { judgeLimits } from '../../../../shared/domain/buckets/limits.ts';
import { absentLimits, accountOf, shownLimits } from '../../../../shared/domain/buckets/shown.ts';
import { minutes } from '../../../../shared/domain/time.ts';

const NOW = Date.UTC(2026, 2, 1);
const COS = 'cloud-object-storage';
const PLACE = bucketPlace('acct1', 'instance-1', 'edge-logs');
const equals = (key: string, ...values: readonly string[]): Attribute => ({
  key,
  operator: 'stringEquals',
  values,
});
const role = (name: string) => ({ id: `crn:v1:bluemix:public:iam::::${name}` });

const aPolicy = (more: Partial<AccessPolicy> = {}): AccessPolicy => ({
  id: 'p-1',
  type: 'access',
  state: 'active',
  subject: [equals('iam_id', 'iam-keeper')],
  resource: [equals('serviceName', COS), equals('resource', 'edge-logs')],
  tagged: false,
  roles: [role('serviceRole:Manager')],
  lastModifiedAt: NOW - minutes(60),
  ...more,
});

const CONFIGURATION = { crn: `crn:v1:bluemix:public:${COS}:global:a/acct1:instance-1:bucket:edge-logs` };
const configured = { ...CONFIGURATION, instanceId: 'instance-1', bytesUsed: 1 };

/** What a keeper with these policies is told of a bucket of which nothing is shown. */
const shownTo = (policies: readonly AccessPolicy[], gaps: readonly string[] = []) =>
  shownLimits(
    absentLimits(configured, undefined),
    { iamId: 'iam-keeper', accountId: 'acct1', groupIds: ['group-1'], policies, gaps },
    PLACE,
    NOW,
  );
const codes = (policies: readonly AccessPolicy[]): readonly string[] =>
  judgeLimits(
    {
      subject: 'bucket b',
      configuration: configured,
      shown: shownTo(policies),
      instances: ['instance-1'],
      arrives: true,
      failing: [],
    },
    NOW,
  ).map(({ code }) => code);

const custom = (...names: readonly string[]): Partial<AccessPolicy> => ({
  roles: [{ id: 'crn:…:customRole:Looker', actions: names.map((name) => `${COS}.bucket.${name}`) }],
});

test.each<[string, Partial<AccessPolicy>, readonly string[]]>([
  ['Manager', {}, ['firewall', 'quota', 'root key']],
  ['Writer', { roles: [role('serviceRole:Writer')] }, ['quota', 'root key']],
  ['Reader', { roles: [role('serviceRole:Reader')] }, []],
  ['Content Reader', { roles: [role('serviceRole:ContentReader')] }, []],
  ['Object Writer', { roles: [role('serviceRole:ObjectWriter')] }, []],
  ['Administrator of the platform', { roles: [role('role:Administrator')] }, []],
  ['a custom role that says so', custom('get_firewall'), ['firewall']],
  [
    'Manager through a group',
    { subject: [equals('access_group_id', 'group-1')] },
    ['firewall', 'quota', 'root key'],
  ],
])('%s is sure to be shown', (_, more, limits) => {
  expect([...shownTo([aPolicy(more)])]).toEqual(limits);
  expect(codes([aPolicy(more)])).toEqual(limits.length === 3 ? [] : ['bucket-limits-unclear']);
});

test.each<[string, Partial<AccessPolicy>]>([
  ['another bucket', { resource: [equals('serviceName', COS), equals('resource', 'other')] }],
  ['another instance', { resource: [equals('serviceInstance', 'instance-2')] }],
  ['another account', { resource: [equals('accountId', 'acct2')] }],
  ['another service', { resource: [equals('serviceName', 'logs')] }],
  ['a resource group', { resource: [equals('resourceGroupId', 'rg')] }],
  ['nothing that can be read', { resource: [] }],
  ['somebody else', { subject: [equals('iam_id', 'iam-other')] }],
  ['a group that it is not in', { subject: [equals('access_group_id', 'group-2')] }],
  ['tagged buckets', { tagged: true }],
  ['working hours', { pattern: 'time-based-conditions:weekly:all-day', rule: { conditions: [] } }],
  [
    'a condition of any kind',
    { rule: { key: '{{resource.attributes.path}}', operator: 'stringExists', values: ['true'] } },
  ],
  ['a pattern alone', { pattern: 'lunar' }],
  ['a role that is not known', { roles: [{ id: 'crn:…:customRole:Looker' }] }],
  ['a custom role without the action', custom('get_basic')],
  ['what was deleted', { state: 'deleted' }],
  ['services that talk to each other', { type: 'authorization' }],
  ['what changed a moment ago', { lastModifiedAt: NOW - minutes(9) }],
])('Manager by a policy about %s makes nothing sure', (_, more) => {
  expect([...shownTo([aPolicy(more)])]).toEqual([]);
  expect(codes([aPolicy(more)])).toEqual(['bucket-limits-unclear']);
});

test('a policy whose age is not known makes nothing sure, and no policies neither; a gap takes nothing away', () => {
  const { lastModifiedAt: _, ...ageless } = aPolicy();
  expect([...shownTo([ageless])]).toEqual([]);
  expect([...shownTo([], ['IAM: 500'])]).toEqual([]);
  expect(shownTo([aPolicy()], ['groups: 500']).size).toBe(3);
});

test('the account of a bucket is in its CRN', () => {
  expect(accountOf(configured)).toBe('acct1');
  expect(accountOf({ ...configured, crn: 'crn' })).toBeUndefined();
});
