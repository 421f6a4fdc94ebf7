import { expect, test } from 'vitest';
import type { Place } from '../../../shared/domain/access-grant.ts';
import type { Access, AccessPolicy, Attribute } from '../../../shared/domain/access-policy.ts';
import { judgeAction } from '../../../shared/domain/access-right.ts';
import { minutes } from '../../../shared/domain/time.ts';

const NOW = Date.UTC(2026, 2, 1);
const KEEPER = 'iam-ServiceId-keeper';
const CIS: Place = { accountId: 'acct1', service: 'internet-svcs', instanceId: 'guid-1' };
const OWNER: Place = {
  accountId: 'acct1',
  service: 'iam-identity',
  resource: { type: 'serviceid', name: 'ServiceId-owner' },
};
const SECRET: Place = {
  accountId: 'acct1',
  service: 'secrets-manager',
  instanceId: 'guid-2',
  region: 'eu-de',
  resource: { type: 'secret-group', name: 'group-1' },
};
const LEDGER: Place = {
  accountId: 'acct1',
  service: 'cloud-object-storage',
  resource: { type: 'bucket', name: 'keeper' },
};

const equals = (key: string, value: string): Attribute => ({
  key,
  operator: 'stringEquals',
  values: [value],
});
const role = (name: string, kind = 'serviceRole'): string => `crn:v1:bluemix:public:iam::::${kind}:${name}`;

const aPolicy = (
  resource: Readonly<Record<string, string>>,
  roleId: string,
  more: Partial<AccessPolicy> = {},
): AccessPolicy => ({
  id: 'p-1',
  type: 'access',
  state: 'active',
  subject: [equals('iam_id', KEEPER)],
  resource: Object.entries({ accountId: 'acct1', ...resource }).map(([key, value]) => equals(key, value)),
  tagged: false,
  roles: [{ id: roleId }],
  lastModifiedAt: NOW - minutes(60),
  ...more,
});
const VIEWERS = ['iam-access-management', 'iam-groups'].map((serviceName) =>
  aPolicy({ serviceName }, role('Viewer', 'role'), { id: serviceName }),
);
const judge = (
  policies: readonly AccessPolicy[],
  place: Place,
  action: string,
  { sees = true, path = '' } = {},
) => {
  const own: Access = {
    iamId: KEEPER,
    accountId: 'acct1',
    groupIds: [],
    policies: [...policies, ...(sees ? VIEWERS : [])],
    gaps: [],
  };
  return judgeAction(own, place, action, NOW, path);
};

test.each([
  [
    'a role on the instance',
    { serviceName: 'internet-svcs', serviceInstance: 'guid-1' },
    'Writer',
    CIS,
    'zones.update',
    'yes',
  ],
  ['a role on the service', { serviceName: 'internet-svcs' }, 'Writer', CIS, 'zones.update', 'yes'],
  ['a role on all services', { serviceType: 'service' }, 'Manager', CIS, 'zones.manage', 'yes'],
  ['a lesser role', { serviceName: 'internet-svcs' }, 'Reader', CIS, 'zones.update', 'no'],
  [
    'another instance',
    { serviceName: 'internet-svcs', serviceInstance: 'guid-9' },
    'Writer',
    CIS,
    'zones.update',
    'no',
  ],
  ['another service', { serviceName: 'secrets-manager' }, 'Writer', CIS, 'zones.update', 'no'],
  [
    'an attribute of another kind',
    { serviceName: 'internet-svcs', domainId: 'x' },
    'Writer',
    CIS,
    'zones.update',
    'unknown',
  ],
  [
    'a role on the secret group',
    { serviceName: 'secrets-manager', resourceType: 'secret-group', resource: 'group-1' },
    'Writer',
    SECRET,
    'secret-version.create',
    'yes',
  ],
  [
    'a role on another group',
    { serviceName: 'secrets-manager', resourceType: 'secret-group', resource: 'group-2' },
    'Writer',
    SECRET,
    'secret-version.create',
    'no',
  ],
  [
    'a role in the region',
    { serviceName: 'secrets-manager', region: 'eu-de' },
    'SecretsReader',
    SECRET,
    'secret-version.read',
    'yes',
  ],
  [
    'a role in another region',
    { serviceName: 'secrets-manager', region: 'us-south' },
    'Writer',
    SECRET,
    'secret-version.read',
    'no',
  ],
  [
    'a bucket whose instance is not known',
    {
      serviceName: 'cloud-object-storage',
      serviceInstance: 'guid-3',
      resourceType: 'bucket',
      resource: 'keeper',
    },
    'ObjectWriter',
    LEDGER,
    'object.put',
    'unknown',
  ],
  [
    'a bucket of that name anywhere',
    { serviceName: 'cloud-object-storage', resourceType: 'bucket', resource: 'keeper' },
    'ObjectWriter',
    LEDGER,
    'object.put',
    'yes',
  ],
] as const)('%s', (_name, resource, name, place, action, verdict) => {
  const said = judge([aPolicy(resource, role(name))], place, `${place.service}.${action}`);
  expect(said.verdict).toBe(verdict);
});

test('a group of the secret that is not known leaves a role on a group open', () => {
  const { resource: _group, ...place } = SECRET;
  const policy = aPolicy(
    { serviceName: 'secrets-manager', resourceType: 'secret-group', resource: 'group-1' },
    role('Writer'),
  );
  expect(judge([policy], place, 'secrets-manager.secret-version.create').verdict).toBe('unknown');
});

test('Operator on one service ID is enough for its keys, and for those of no other', () => {
  const scoped = (id: string) =>
    aPolicy(
      { serviceName: 'iam-identity', resourceType: 'serviceid', resource: id },
      role('Operator', 'role'),
    );
  expect(judge([scoped('ServiceId-owner')], OWNER, 'iam-identity.apikey.create').verdict).toBe('yes');
  expect(judge([scoped('ServiceId-other')], OWNER, 'iam-identity.apikey.create').verdict).toBe('no');
  const editor = aPolicy({ serviceName: 'iam-identity' }, role('Editor', 'role'));
  expect(judge([editor], OWNER, 'iam-identity.apikey.get').verdict).toBe('yes');
  expect(judge([editor], OWNER, 'iam-identity.apikey.create').verdict).toBe('no');
});

test('a custom role is what its actions say, and nothing when IAM does not show them', () => {
  const custom = (actions?: readonly string[]) =>
    aPolicy({ serviceName: 'internet-svcs' }, role('Mine', 'customRole'), {
      roles: [{ id: role('Mine', 'customRole'), ...(actions === undefined ? {} : { actions }) }],
    });
  expect(judge([custom(['internet-svcs.zones.update'])], CIS, 'internet-svcs.zones.update').verdict).toBe(
    'yes',
  );
  expect(judge([custom(['internet-svcs.zones.read'])], CIS, 'internet-svcs.zones.update').verdict).toBe('no');
  expect(judge([custom()], CIS, 'internet-svcs.zones.update').verdict).toBe('unknown');
});

test('a platform role shows the instance, whatever else it may do', () => {
  const see = 'resource-controller.instance.retrieve';
  const viewer = (actions?: readonly string[]) =>
    aPolicy({ serviceName: 'secrets-manager' }, role('Viewer', 'role'), {
      roles: [{ id: role('Viewer', 'role'), ...(actions === undefined ? {} : { actions }) }],
    });
  const { resource: _group, ...place } = SECRET;
  expect(judge([viewer()], place, see).verdict).toBe('yes');
  expect(judge([viewer(['secrets-manager.dashboard.view'])], place, see).verdict).toBe('yes');
  expect(judge([viewer([see])], place, see).verdict).toBe('yes');
  expect(judge([aPolicy({ serviceName: 'secrets-manager' }, role('Writer'))], place, see).verdict).toBe('no');
});

test('an empty list proves nothing to who may not read policies', () => {
  const blind = judge([], CIS, 'internet-svcs.zones.read', { sees: false });
  expect(blind.verdict).toBe('unknown');
  expect(blind.detail).toContain('needs Viewer on IAM Access Management and IAM Access Groups');
  expect(judge([], CIS, 'internet-svcs.zones.read').verdict).toBe('no');
});

test('what changed a moment ago proves nothing yet', () => {
  const recent = aPolicy({ serviceName: 'internet-svcs' }, role('Reader'), {
    lastModifiedAt: NOW - minutes(2),
  });
  expect(judge([recent], CIS, 'internet-svcs.zones.update').verdict).toBe('unknown');
});

test('a condition on paths is about objects alone', () => {
  const below = (value: string) =>
    aPolicy(
      { serviceName: 'cloud-object-storage', resourceType: 'bucket', resource: 'keeper' },
      role('Manager'),
      {
        pattern: 'attribute-based-condition:resource:literal-and-wildcard',
        rule: { key: '{{resource.attributes.path}}', operator: 'stringMatch', values: [value] },
      },
    );
  const put = 'cloud-object-storage.object.put';
  expect(judge([below('prod/*')], LEDGER, put, { path: 'prod/' }).verdict).toBe('yes');
  expect(judge([below('test/*')], LEDGER, put, { path: 'prod/' }).verdict).toBe('no');
  expect(judge([below('prod/*')], LEDGER, 'cloud-object-storage.bucket.get').verdict).toBe('unknown');
});
