import { expect, test } from 'vitest';
import { judgeWrite } from '../../../shared/domain/access.ts';
import type { Access, AccessPolicy, Attribute, Rule } from '../../../shared/domain/access-policy.ts';
import { minutes } from '../../../shared/domain/time.ts';

const NOW = Date.UTC(2026, 2, 1);
const WRITER = 'iam-ServiceId-writer';
const KEEPER = 'iam-ServiceId-keeper';
const INSTANCE = 'bbbbbbbb-1111-4222-8333-cccccccccccc';
const GROUP = 'AccessGroupId-1';
const TARGET = { accountId: 'acct1', instanceId: INSTANCE, bucket: 'edge-logs', path: 'zone-a/http' };
const COS = 'cloud-object-storage';
const OBJECT_WRITER = `crn:v1:bluemix:public:${COS}::::serviceRole:ObjectWriter`;

const equals = (key: string, value: string): Attribute => ({
  key,
  operator: 'stringEquals',
  values: [value],
});
const BUCKET = [
  equals('accountId', 'acct1'),
  equals('serviceName', COS),
  equals('serviceInstance', INSTANCE),
  equals('resourceType', 'bucket'),
  equals('resource', 'edge-logs'),
];

const aPolicy = (more: Partial<AccessPolicy> = {}): AccessPolicy => ({
  id: 'p-1',
  type: 'access',
  state: 'active',
  subject: [equals('iam_id', WRITER)],
  resource: BUCKET,
  tagged: false,
  roles: [{ id: OBJECT_WRITER }],
  lastModifiedAt: NOW - minutes(60),
  ...more,
});

const accessOf = (iamId: string, policies: readonly AccessPolicy[], more: Partial<Access> = {}): Access => ({
  iamId,
  accountId: 'acct1',
  groupIds: [],
  policies,
  gaps: [],
  ...more,
});

const viewer = (name: string, more: Partial<AccessPolicy> = {}): AccessPolicy =>
  aPolicy({
    id: `view-${name}`,
    subject: [equals('iam_id', KEEPER)],
    resource: [equals('accountId', 'acct1'), equals('serviceName', name)],
    roles: [{ id: 'crn:v1:bluemix:public:iam::::role:Viewer' }],
    ...more,
  });
const SEES_ALL = accessOf(KEEPER, [viewer('iam-access-management'), viewer('iam-groups')]);

const judge = (policies: readonly AccessPolicy[], more: Partial<Access> = {}, own: Access = SEES_ALL) =>
  judgeWrite(accessOf(WRITER, policies, more), own, TARGET, NOW);

test.each<[string, Partial<AccessPolicy>]>([
  ['the bucket', {}],
  ['the service', { resource: [equals('accountId', 'acct1'), equals('serviceName', COS)] }],
  ['all services', { resource: [equals('accountId', 'acct1'), equals('serviceType', 'service')] }],
  [
    'the instance by its CRN',
    { resource: [equals('serviceInstance', `crn:v1:bluemix:public:${COS}:global:a/acct1:${INSTANCE}::`)] },
  ],
  [
    'every resource group',
    { resource: [{ key: 'resourceGroupId', operator: 'stringExists', values: ['true'] }] },
  ],
  ['buckets by a pattern', { resource: [{ key: 'resource', operator: 'stringMatch', values: ['edge-*'] }] }],
  [
    'several buckets',
    { resource: [{ key: 'resource', operator: 'stringEqualsAnyOf', values: ['other', 'edge-logs'] }] },
  ],
  ['a blank bucket, which is none', { resource: [...BUCKET.slice(0, 3), equals('resource', '')] }],
  [
    'a role by another spelling',
    { roles: [{ id: 'crn:v1:bluemix:public:iam::::serviceRole:ObjectWriter' }] },
  ],
  [
    'Manager, without a word about COS',
    { roles: [{ id: 'crn:…:iam::::serviceRole:Manager', actions: ['x.y'] }] },
  ],
])('yes: a policy about %s', (_, more) => {
  expect(judge([aPolicy(more)])).toMatchObject({ verdict: 'yes', detail: expect.stringContaining('p-1') });
});

test.each<[string, Partial<AccessPolicy>]>([
  ['another bucket', { resource: [...BUCKET.slice(0, 4), equals('resource', 'other')] }],
  ['another account', { resource: [equals('accountId', 'acct2'), equals('serviceName', COS)] }],
  ['another service', { resource: [equals('serviceName', 'logs')] }],
  ['account management', { resource: [equals('serviceType', 'platform_service')] }],
  ['somebody else', { subject: [equals('iam_id', 'iam-other')] }],
  ['a group that it is not in', { subject: [equals('access_group_id', GROUP)] }],
  ['reading', { roles: [{ id: 'crn:…:iam::::serviceRole:Reader', actions: [`${COS}.object.get`] }] }],
  ['the platform', { roles: [{ id: 'crn:v1:bluemix:public:iam::::role:Administrator' }] }],
  ['the bucket, but deleted', { state: 'deleted' }],
  ['services that talk to each other', { type: 'authorization' }],
])('no: a policy about %s', (_, more) => {
  expect(judge([aPolicy(more)])).toMatchObject({ verdict: 'no' });
});

test.each<[string, Partial<AccessPolicy>, string]>([
  ['a resource group', { resource: [equals('resourceGroupId', 'rg')] }, 'resourceGroupId rg'],
  ['a service group', { resource: [equals('service_group_id', 'IAM')] }, 'service_group_id'],
  ['an attribute nobody knows', { resource: [...BUCKET, equals('weather', 'fine')] }, 'weather fine'],
  [
    'an operator nobody knows',
    { resource: [{ key: 'resource', operator: 'stringLike', values: ['edge-logs'] }] },
    'stringLike',
  ],
  ['no resource at all', { resource: [] }, 'read'],
  ['tags', { tagged: true }, 'tags'],
  ['working hours', { pattern: 'time-based-conditions:weekly:all-day', rule: { conditions: [] } }, 'times'],
  ['an unknown pattern', { pattern: 'lunar', rule: { conditions: [] } }, 'lunar'],
  [
    'a role that is hidden',
    { roles: [{ id: 'crn:v1:bluemix:public:iam::::role:UnsupportedVersion' }] },
    'role',
  ],
  [
    'a custom role without actions',
    { roles: [{ id: 'crn:v1:ibmcloud:public:x::a/acct1::customRole:Put' }] },
    'role',
  ],
  [
    'a value that is no text',
    { resource: [{ key: 'resource', operator: 'stringEquals', values: [] }] },
    'read',
  ],
])('unknown: a policy with %s', (_, more, why) => {
  expect(judge([aPolicy(more)])).toMatchObject({
    verdict: 'unknown',
    detail: expect.stringMatching(new RegExp(`policy p-1 may grant it, but .*${why}`)),
  });
});

const path = (operator: string, ...values: readonly string[]): Rule => ({
  key: '{{resource.attributes.path}}',
  operator,
  values,
});
const named = (name: string, operator: string, ...values: readonly string[]): Rule => ({
  key: `{{resource.attributes.${name}}}`,
  operator,
  values,
});

test.each<[string, Rule, string]>([
  ['the whole path', path('stringMatch', 'zone-a/http/*'), 'yes'],
  ['more than the path', path('stringMatchAnyOf', 'x/*', 'zone-?/*'), 'yes'],
  ['part of the path', path('stringMatch', 'zone-a/http/2026*'), 'unknown'],
  ['one object below it', path('stringEquals', 'zone-a/http/one'), 'unknown'],
  ['another path', path('stringMatch', 'zone-b/*'), 'no'],
  ['the path without a star', path('stringMatch', 'zone-a/http/'), 'no'],
  ['objects, which listings are not', named('prefix', 'stringEquals', 'zone-a/http/'), 'no'],
  [
    'either of two',
    { operator: 'or', conditions: [path('stringMatch', 'x'), path('stringMatch', '*')] },
    'yes',
  ],
  [
    'both of two',
    { operator: 'and', conditions: [path('stringMatch', 'x'), path('stringMatch', '*')] },
    'no',
  ],
  [
    'whatever is no listing',
    { operator: 'and', conditions: [named('prefix', 'stringExists', 'false'), path('stringExists', 'true')] },
    'yes',
  ],
  ['one, not joined', { conditions: [path('stringMatch', '*')] }, 'yes'],
  ['two, not joined', { conditions: [path('stringMatch', '*'), path('stringMatch', '*')] }, 'unknown'],
  [
    'something else',
    { key: '{{environment.attributes.x}}', operator: 'stringEquals', values: ['1'] },
    'unknown',
  ],
  ['an operator nobody knows', path('stringLike', 'zone-a/*'), 'unknown'],
])('a condition for %s', (_, rule, verdict) => {
  const pattern = 'attribute-based-condition:resource:literal-and-wildcard';
  expect(judge([aPolicy({ pattern, rule })])).toMatchObject({ verdict });
});

test('what a group grants counts for its members', () => {
  const policy = aPolicy({ subject: [equals('access_group_id', GROUP)] });
  expect(judge([policy], { groupIds: [GROUP] })).toMatchObject({ verdict: 'yes' });
});

test('object.put without multipart is probably enough; two policies may complete each other', () => {
  const put = aPolicy({ roles: [{ id: 'crn:…:customRole:Put', actions: [`${COS}.object.put`] }] });
  expect(judge([put])).toEqual({
    verdict: 'unknown',
    detail: 'probably: policy p-1 (Put) grants it, but multipart upload is not granted',
  });
  const multipart = ['post_initiate_upload', 'put_part', 'post_complete_upload', 'delete_upload'];
  const rest = aPolicy({
    id: 'p-2',
    roles: [{ id: 'crn:…:customRole:Rest', actions: multipart.map((name) => `${COS}.object.${name}`) }],
  });
  expect(judge([put, rest])).toEqual({
    verdict: 'yes',
    detail: 'granted by policy p-1 (Put) and policy p-2 (Rest)',
  });
});

test('an empty answer is a no only to who sees the rights that show everything', () => {
  expect(judge([])).toEqual({
    verdict: 'no',
    detail:
      'iam-ServiceId-writer has no policy in account acct1; it takes cloud-object-storage.object.put on bucket edge-logs below zone-a/http/',
  });
  const unknown = (own: readonly AccessPolicy[], why: string) =>
    expect(judge([], {}, accessOf(KEEPER, own))).toMatchObject({
      verdict: 'unknown',
      detail: expect.stringContaining(why),
    });
  unknown([], `${KEEPER} needs Viewer on IAM Access Management and IAM Access Groups in account acct1`);
  unknown([viewer('iam-access-management')], 'needs Viewer on IAM Access Groups');
  unknown([viewer(COS), viewer('logs')], 'needs Viewer on IAM Access Management and IAM Access Groups');
  const group = equals('resource', 'AccessGroupId-9');
  const one = viewer('iam-groups');
  unknown(
    [viewer('iam-access-management'), { ...one, resource: [...one.resource, group] }],
    'IAM Access Groups',
  );
  unknown(
    SEES_ALL.policies.map((policy) => ({ ...policy, lastModifiedAt: NOW - 1 })),
    'needs Viewer',
  );
  const all = viewer('', { resource: [equals('serviceType', 'platform_service')] });
  expect(judge([], {}, accessOf(KEEPER, [all]))).toMatchObject({ verdict: 'no' });
  expect(judgeWrite(accessOf(WRITER, []), undefined, TARGET, NOW)).toMatchObject({ verdict: 'unknown' });
});

test('what changed within ten minutes, or could not be read, leaves a no open', () => {
  const other = aPolicy({ resource: [equals('serviceName', 'logs')] });
  const fresh = { ...other, lastModifiedAt: NOW - minutes(2) };
  expect(judge([other])).toMatchObject({ verdict: 'no' });
  expect(judge([fresh])).toMatchObject({
    verdict: 'unknown',
    detail: 'policy p-1 was changed 2 min ago, which may not act everywhere yet',
  });
  expect(judge([other], { gaps: ['groups: 503'] })).toEqual({ verdict: 'unknown', detail: 'groups: 503' });
  expect(judge([aPolicy({ lastModifiedAt: NOW })], { gaps: ['groups: 503'] })).toMatchObject({
    verdict: 'yes',
  });
});
