import { expect, test } from 'vitest';
import type { Fleet } from '../../../shared/domain/doctor/wants.ts';
import { attributesOf, type Grant, grantsOf, pathRuleOf } from '../../../shared/domain/grants.ts';
import { isKeeperFunction, NEEDS } from '../../../shared/domain/needs.ts';
import { aBinding } from '../../support/builders.ts';

const STORE = 'cos-instance';
const bucket = (name: string, path = '') => ({
  account: 'logs',
  accountId: 'acct2',
  instanceId: STORE,
  name,
  location: 'eu-de',
  path,
});

const aFleet = (fields: Partial<Fleet> = {}): Fleet => ({
  accounts: { edge: { accountId: 'acct1' }, logs: { accountId: 'acct2' } },
  instances: [{ crn: 'crn:v1:bluemix:public:internet-svcs:global:a/acct1:cis::', account: 'edge' }],
  bindings: [aBinding({ account: 'logs', accountId: 'acct2' })],
  buckets: [bucket('edge-logs', 'http')],
  tokenBuckets: [bucket('legacy', 'dns')],
  ledger: { account: 'edge', bucket: 'keeper', prefix: 'prod', instanceId: STORE },
  rings: { account: 'edge', bucket: 'rings', instanceId: STORE },
  groups: { [aBinding().secret.id]: 'group-1' },
  ...fields,
});

/** A policy in one line. */
const line = (grant: Grant): string => {
  const { accountId: _account, ...place } = Object.fromEntries(
    attributesOf(grant.place).map(({ key, value }) => [key, value]),
  );
  const where = Object.values(place).join(' ');
  const paths = grant.paths.map((path) => ` below ${path}`).join();
  const custom = grant.custom.map((action) => action.replace(`${grant.place.service}.`, '')).join(' ');
  return `${grant.account}: ${where}${paths}: ${[...grant.roles, ...(custom === '' ? [] : [custom])].join(', ')}`;
};

const lines = (...args: Parameters<typeof grantsOf>): string =>
  grantsOf(...args)
    .map(line)
    .join('\n');

test('a rotation is given what it changes, a policy for each place', () => {
  expect(lines(aFleet(), 'rotate-keys', 'system')).toMatchInlineSnapshot(`
    "edge: internet-svcs cis: Writer
    logs: iam-identity serviceid ServiceId-1: Operator
    edge: secrets-manager sm secret-group group-1: Writer
    edge: cloud-object-storage cos-instance bucket keeper below prod/: Content Reader, Object Writer"
  `);
});

test('a check is given reads, and one role where one holds what another would', () => {
  expect(lines(aFleet(), 'check-logpush', 'system')).toMatchInlineSnapshot(`
    "edge: internet-svcs cis: Reader
    logs: iam-identity serviceid ServiceId-1: Editor
    edge: iam-access-management: Viewer
    edge: iam-groups: Viewer
    logs: iam-access-management: Viewer
    logs: iam-groups: Viewer
    edge: secrets-manager sm secret-group group-1: SecretsReader
    edge: logs: Viewer
    edge: cloud-object-storage: Viewer
    logs: logs: Viewer
    logs: cloud-object-storage: Viewer
    edge: context-based-restrictions: Viewer
    logs: context-based-restrictions: Viewer
    logs: cloud-object-storage cos-instance bucket edge-logs: Manager
    edge: cloud-object-storage cos-instance bucket keeper below prod/: Content Reader, Object Writer"
  `);
});

test('roles of the account’s own hold the actions; Viewers stay Viewers', () => {
  expect(lines(aFleet(), 'verify-buckets', 'custom')).toMatchInlineSnapshot(`
    "edge: internet-svcs cis: zones.read
    logs: cloud-object-storage cos-instance bucket edge-logs: bucket.get bucket.get_basic bucket.get_firewall bucket.get_object_lock_configuration bucket.get_protection bucket.get_quota bucket.head bucket.list_bucket_crn bucket.list_crk_id
    edge: iam-access-management: Viewer
    edge: iam-groups: Viewer
    logs: iam-access-management: Viewer
    logs: iam-groups: Viewer
    edge: cloud-object-storage cos-instance bucket keeper below prod/: bucket.get bucket.get_lifecycle bucket.get_object_lock_configuration bucket.get_protection object.get object.put"
  `);
});

test('a webhook may put rings, and nothing else', () => {
  expect(lines(aFleet(), 'webhook', 'system')).toMatchInlineSnapshot(
    `"edge: cloud-object-storage cos-instance bucket rings below rings/: Object Writer"`,
  );
  const { rings: _rings, ...silent } = aFleet();
  expect(grantsOf(silent, 'webhook', 'system')).toEqual([]);
});

test('the objects of the ledger are put, read and listed below its prefix alone', () => {
  const [ledger] = grantsOf(aFleet(), 'rotate-keys', 'system').filter(({ rights }) =>
    rights.includes('ledger'),
  );
  const [rings] = grantsOf(aFleet(), 'webhook', 'system');
  if (ledger === undefined || rings === undefined) throw new Error('both are granted');
  expect(pathRuleOf(ledger)).toMatchInlineSnapshot(`
    {
      "pattern": "attribute-based-condition:resource:literal-and-wildcard",
      "rule": {
        "conditions": [
          {
            "key": "{{resource.attributes.path}}",
            "operator": "stringMatch",
            "value": "prod/*",
          },
          {
            "conditions": [
              {
                "key": "{{resource.attributes.prefix}}",
                "operator": "stringMatch",
                "value": "prod/*",
              },
              {
                "key": "{{resource.attributes.delimiter}}",
                "operator": "stringEqualsAnyOf",
                "value": [
                  "/",
                  "",
                ],
              },
            ],
            "operator": "and",
          },
        ],
        "operator": "or",
      },
    }
  `);
  expect(pathRuleOf(rings)?.rule).toEqual({
    operator: 'or',
    conditions: [{ key: '{{resource.attributes.path}}', operator: 'stringMatch', value: 'rings/*' }],
  });
});

test('what is about the bucket itself is let through beside the objects below a path', () => {
  const [ledger] = grantsOf(aFleet(), 'verify-buckets', 'system').filter(({ rights }) =>
    rights.includes('ledger-rules'),
  );
  expect(ledger).toMatchObject({ paths: ['prod/'], roles: ['Object Writer', 'Reader'] });
  const rule = ledger === undefined ? undefined : pathRuleOf(ledger)?.rule;
  expect(rule).toMatchObject({ operator: 'or', conditions: [{}, {}, { operator: 'and' }] });
  expect(JSON.stringify(rule).match(/stringExists/g)).toHaveLength(3);
});

test('a bucket that is asked for as a whole and below a path is given as a whole', () => {
  const ledger = { account: 'logs', bucket: 'edge-logs', prefix: 'prod', instanceId: STORE };
  const [both] = grantsOf(aFleet({ ledger }), 'verify-buckets', 'system').filter(
    ({ place }) => place.resource?.name === 'edge-logs',
  );
  expect(both).toMatchObject({
    rights: ['bucket-read', 'bucket-config', 'ledger', 'ledger-rules'],
    roles: ['Manager'],
    paths: [],
  });
  expect(both === undefined ? 'none' : pathRuleOf(both)).toBeUndefined();
});

test('a ledger in a folder, a user’s keys and a secret of an unknown group', () => {
  const { ledger: _ledger, ...fleet } = aFleet({
    bindings: [aBinding({ iamId: 'IBMid-1', managedBy: 'others' })],
    groups: {},
  });
  expect(lines(fleet, 'rotate-keys', 'system')).toMatchInlineSnapshot(`
    "edge: internet-svcs cis: Writer
    edge: secrets-manager sm: SecretsReader"
  `);
});

test('two secrets of a group, and two bindings of a service ID, are one place each', () => {
  const second = aBinding({ name: 'other', secret: { ...aBinding().secret, id: 'secret-2' } });
  const fleet = aFleet({
    bindings: [aBinding(), second],
    groups: { 'secret-2': 'group-1', ...aFleet().groups },
  });
  const places = grantsOf(fleet, 'rotate-keys', 'system').map(({ account, place }) =>
    JSON.stringify([account, attributesOf(place)]),
  );
  expect(places).toHaveLength(4);
  expect(new Set(places).size).toBe(places.length);
});

test('no function is given two policies for one subject and resource', () => {
  for (const name of Object.keys(NEEDS).filter(isKeeperFunction))
    for (const roles of ['system', 'custom'] as const) {
      const places = grantsOf(aFleet(), name, roles).map(({ place }) => JSON.stringify(attributesOf(place)));
      expect(new Set(places).size).toBe(places.length);
    }
});
