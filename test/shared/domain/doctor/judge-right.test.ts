import { expect, test } from 'vitest';
import type { Access } from '../../../../shared/domain/access-policy.ts';
import { endpointsOf } from '../../../../shared/domain/doctor/endpoints.ts';
import type { Exchange } from '../../../../shared/domain/doctor/exchange.ts';
import { judgeRight, type Look, lookKey } from '../../../../shared/domain/doctor/judge-right.ts';
import { type Fleet, wantsOf } from '../../../../shared/domain/doctor/wants.ts';
import { hours, minutes, seconds } from '../../../../shared/domain/time.ts';
import { aBinding, INSTANCE_CRN, START } from '../../../support/builders.ts';

const ACCOUNT = '0123456789abcdef0123456789abcdef';
const FLEET: Fleet = {
  accounts: { edge: { accountId: ACCOUNT } },
  instances: [{ crn: INSTANCE_CRN, account: 'edge' }],
  bindings: [],
  buckets: [],
  tokenBuckets: [],
  groups: {},
};
const granting: Access = {
  iamId: 'iam-ServiceId-keeper',
  accountId: ACCOUNT,
  groupIds: [],
  gaps: [],
  policies: [
    {
      id: 'p-1',
      type: 'access',
      state: 'active',
      subject: [{ key: 'iam_id', operator: 'stringEquals', values: ['iam-ServiceId-keeper'] }],
      resource: [
        { key: 'accountId', operator: 'stringEquals', values: [ACCOUNT] },
        { key: 'serviceName', operator: 'stringEquals', values: ['internet-svcs'] },
      ],
      tagged: false,
      roles: [{ id: 'crn:v1:bluemix:public:iam::::serviceRole:Writer' }],
      lastModifiedAt: START - hours(1),
    },
  ],
};
const NOTHING: Access = { ...granting, policies: [] };

const judge = (right: string, look: Look | undefined, own: Access | undefined) => {
  const want = wantsOf(FLEET, ['check-logpush', 'rotate-keys']).find((one) => one.right === right);
  if (want === undefined) throw new Error(`nothing wants ${right}`);
  const looks = new Map(
    look === undefined ? [] : [[lookKey('edge', 'internet-svcs.zones.read', INSTANCE_CRN), look] as const],
  );
  return judgeRight(want, looks, own, START);
};
const ALLOWED: Look = { came: 'allowed', detail: 'zones.read: it was read' };
const REFUSED: Look = { came: 'refused', detail: 'cis listZones: 403' };
const UNCLEAR: Look = { came: 'unclear', detail: 'cis listZones: the connection was refused' };

test.each([
  ['cis-read', ALLOWED, NOTHING, 'present'],
  ['cis-read', REFUSED, NOTHING, 'missing'],
  ['cis-read', UNCLEAR, NOTHING, 'unknown'],
  ['cis-read', UNCLEAR, granting, 'present'],
  ['cis-read', REFUSED, granting, 'unknown'],
  ['cis-read', undefined, undefined, 'unknown'],
  // A right to write holds the right to read.
  ['cis-edit', REFUSED, NOTHING, 'missing'],
  ['cis-edit', ALLOWED, NOTHING, 'unknown'],
  ['cis-edit', ALLOWED, granting, 'present'],
] as const)('%s, with %o', (right, look, own, verdict) => {
  expect(judge(right, look, own).verdict).toBe(verdict);
});

test('a refusal that policies contradict says what else it may be', () => {
  expect(judge('cis-read', REFUSED, granting).evidence).toEqual([
    'cis listZones: 403, although it is granted by policy p-1 (Writer): a change that does not act yet, a firewall or a context-based restriction',
  ]);
});

test('what is missing comes with whom to give which role, and what it costs to live without', () => {
  expect(judge('cis-edit', REFUSED, NOTHING)).toMatchObject({
    iamId: 'iam-ServiceId-keeper',
    where: `CIS instance ${INSTANCE_CRN}`,
    requiredBy: ['rotate-keys'],
    usedBy: [],
    give: [{ service: 'internet-svcs', roles: ['Writer'] }],
    without: 'no job is switched on again, and no job is given a new key',
  });
});

test('rights follow from who makes the keys, and keys of users take none', () => {
  const rights = (fields: Parameters<typeof aBinding>[0]) =>
    wantsOf({ ...FLEET, bindings: [aBinding(fields)] }, ['rotate-keys'])
      .map(({ right }) => right)
      .filter((right) => right !== 'cis-edit');
  const iamId = 'iam-ServiceId-1';
  expect(rights({ iamId, managedBy: 'keeper' })).toEqual(['key-rotate', 'secret-rotate']);
  expect(rights({ iamId, managedBy: 'secrets-manager' })).toEqual(['key-read', 'secret-rotate']);
  expect(rights({ iamId, managedBy: 'others' })).toEqual(['key-read', 'secret-read']);
  expect(rights({ iamId: 'IBMid-1', managedBy: 'others' })).toEqual(['secret-read']);
});

const exchange = (fields: Partial<Exchange>): Exchange => ({
  service: 'cis',
  operation: 'listZones',
  host: 'api.cis.cloud.ibm.com',
  sentAt: START,
  answeredAt: START + 200,
  pace: {},
  ...fields,
});

test('a clock is off only by what no delay and no whole second explains', () => {
  const ahead = (...dates: readonly number[]) =>
    endpointsOf(dates.map((dateAt) => exchange({ status: 200, dateAt })))[0]?.clockAheadMs;
  expect(ahead(START)).toBe(0);
  expect(ahead(START - 900)).toBe(0);
  expect(ahead(START + minutes(2))).toBe(minutes(2) - 200);
  expect(ahead(START - minutes(2))).toBe(seconds(1) - minutes(2));
  // One answer out of a cache is no clock.
  expect(ahead(START - hours(3), START)).toBe(0);
  expect(ahead()).toBeUndefined();
});

test('a host that answered once is reached, whatever failed beside', () => {
  expect(
    endpointsOf([
      exchange({ failure: 'timeout' }),
      exchange({ status: 500 }),
      exchange({ service: 'iam', host: 'iam.cloud.ibm.com', failure: 'dns' }),
    ]),
  ).toEqual([
    { service: 'cis', host: 'api.cis.cloud.ibm.com', reached: true, failures: ['timeout'] },
    { service: 'iam', host: 'iam.cloud.ibm.com', reached: false, failures: ['dns'] },
  ]);
});
