import { expect, test } from 'vitest';
import { answering } from '../../support/answering.ts';

const ACCOUNT = '1';
const GUID = 'aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb';
const attribute = (name: string, value: string, operator?: string) => ({ name, value, operator });
const context = (...attributes: readonly object[]) => ({ attributes });
const zone = (id: string) => attribute('networkZoneId', id);
const about = (...attributes: readonly object[]) => ({
  attributes: [attribute('serviceName', 'logs'), ...attributes],
});

const ZONES: Readonly<Record<string, object>> = {
  office: { addresses: [{ type: 'ipAddress', value: '203.0.113.9' }] },
  site: {
    addresses: [
      { type: 'subnet', value: '198.51.100.0/24' },
      { type: 'ipRange', value: '192.0.2.1-192.0.2.9' },
      { type: 'ipAddress', value: '2001:db8::1' },
    ],
  },
  hole: {
    addresses: [{ type: 'subnet', value: '198.51.100.0/24' }],
    excluded: [{ type: 'ipRange', value: '198.51.100.1-198.51.100.254' }],
  },
  torn: {
    addresses: [{ type: 'subnet', value: '198.51.100.0/24' }],
    excluded: [{ type: 'subnet', value: 'somewhere' }],
  },
  cloud: {
    addresses: [
      { type: 'vpc', value: 'crn:v1:…' },
      { type: 'serviceRef', ref: { service_name: 'internet-svcs' } },
      { type: 'ipAddress', value: '203.0.113.9' },
    ],
  },
};

/** What one rule is read as. */
async function read(rule: object) {
  const { services, asked } = answering(({ pathname }) => {
    const id = pathname.split('/').at(-1) ?? '';
    if (id === 'rules')
      return { body: { count: 1, rules: [{ id: 'r', resources: [about()], contexts: [], ...rule }] } };
    return ZONES[id] === undefined ? { status: 404, body: {} } : { body: ZONES[id] };
  });
  const look = await services.restrictions('edge').list(ACCOUNT, 'logs');
  return { restrictions: look.verdict === 'yes' ? look.restrictions : undefined, asked };
}

test('the rules of one service are asked for at their own host, each zone once', async () => {
  const contexts = [context(zone('office')), context(zone('office,site'))];
  const { restrictions, asked } = await read({ contexts });
  expect(asked).toEqual([
    'https://cbr.cloud.ibm.com/v1/rules?account_id=1&service_name=logs',
    'https://cbr.cloud.ibm.com/v1/zones/office',
    'https://cbr.cloud.ibm.com/v1/zones/site',
  ]);
  const site = ['198.51.100.0/24', '192.0.2.1-192.0.2.9', '2001:db8::1'];
  const addresses = ['203.0.113.9', '203.0.113.9', ...site];
  expect(restrictions).toEqual([{ id: 'r', enforcement: 'enabled', addresses }]);
});

test.each<readonly [string, object, readonly string[], string | undefined]>([
  ['without contexts', { contexts: [] }, [], undefined],
  ['without the member contexts', { contexts: undefined }, [], undefined],
  [
    'for the private network',
    { contexts: [context(zone('office'), attribute('endpointType', 'private'))] },
    [],
    undefined,
  ],
  [
    'for the public network too',
    { contexts: [context(zone('office'), attribute('endpointType', 'private, public'))] },
    ['203.0.113.9'],
    undefined,
  ],
  [
    'for the whole public network',
    { contexts: [context(attribute('endpointType', 'public'))] },
    ['0.0.0.0/0', '::/0'],
    undefined,
  ],
  [
    'that asks for more',
    { contexts: [context(zone('office'), attribute('mfa', 'LEVEL1'))] },
    [],
    'a context asks for mfa',
  ],
  ['that asks for nothing', { contexts: [context()] }, [], 'a context has no conditions'],
  ['with exclusions', { contexts: [context(zone('hole'))] }, ['198.51.100.0', '198.51.100.255'], undefined],
  [
    'with exclusions that cannot be read',
    { contexts: [context(zone('torn'))] },
    [],
    'zone torn excludes what cannot be read',
  ],
  [
    'for networks and services',
    { contexts: [context(zone('cloud'))] },
    ['203.0.113.9'],
    'zone cloud lets vpc, serviceRef in, whose addresses are not told',
  ],
  [
    'with a zone that is not there',
    { contexts: [context(zone('gone')), context(zone('office'))] },
    ['203.0.113.9'],
    'zone gone could not be read: status 404',
  ],
])('a rule %s lets through', async (_, rule, addresses, unclear) => {
  const { restrictions } = await read(rule);
  const expected = { id: 'r', enforcement: 'enabled', addresses };
  expect(restrictions).toEqual([unclear === undefined ? expected : { ...expected, unclear }]);
});

test.each<readonly [string, object, object]>([
  ['an instance by its GUID', about(attribute('serviceInstance', GUID)), { instanceId: GUID }],
  [
    'an instance by its CRN',
    about(attribute('serviceInstance', `crn:v1:bluemix:public:logs:eu-de:a/1:${GUID}::`)),
    { instanceId: GUID },
  ],
  ['a region', about(attribute('region', 'eu-de', 'stringEquals')), { region: 'eu-de' }],
  ['a bucket', about(attribute('resource', 'edge'), attribute('resourceType', 'bucket')), { bucket: 'edge' }],
  ['its own account', about(attribute('accountId', ACCOUNT)), {}],
  [
    'a resource group',
    about(attribute('resourceGroupId', 'g')),
    { unclear: 'it is about resourceGroupId g' },
  ],
  [
    'a resource of another type',
    about(attribute('resourceType', 'object'), attribute('resource', 'o')),
    { unclear: 'it is about resourceType object; it is about resource o' },
  ],
  [
    'a pattern',
    about(attribute('serviceInstance', 'a*', 'stringMatch')),
    { unclear: 'its serviceInstance is compared with stringMatch' },
  ],
  [
    'what bears tags',
    { ...about(), tags: [{ name: 'env', value: 'prod' }] },
    { unclear: 'it is about what bears a tag' },
  ],
])('a rule about %s', async (_, resource, expected) => {
  const { restrictions } = await read({ resources: [resource] });
  expect(restrictions).toEqual([{ id: 'r', enforcement: 'enabled', addresses: [], ...expected }]);
});

test.each([
  ['another service', [{ attributes: [attribute('serviceName', 'kms')] }]],
  ['another account', [about(attribute('accountId', '2'))]],
])('a rule about %s is none of ours, and its zones are not asked for', async (_, resources) => {
  const { restrictions, asked } = await read({ resources, contexts: [context(zone('office'))] });
  expect(restrictions).toEqual([]);
  expect(asked).toHaveLength(1);
});

test.each([
  ['enabled', {}],
  ['report', {}],
  ['disabled', {}],
  ['later', { enforcement: 'enabled', unclear: 'its mode is later' }],
])('mode %s', async (enforcement, expected) => {
  const { restrictions } = await read({ enforcement_mode: enforcement });
  expect(restrictions).toEqual([{ id: 'r', enforcement, addresses: [], ...expected }]);
});

test.each([
  ['all APIs', 'crn:v1:bluemix:public:context-based-restrictions::::api-type:', undefined],
  ['one API', 'crn:v1:bluemix:public:logs::::api-type:data', 'it is about some APIs only'],
])('a rule about %s', async (_, api_type_id, unclear) => {
  const { restrictions } = await read({ operations: { api_types: [{ api_type_id }] } });
  expect(restrictions?.[0]?.unclear).toBe(unclear);
});

test.each([
  [403, { verdict: 'no', status: 403 }],
  [500, { verdict: 'unknown' }],
  [200, { verdict: 'unknown' }],
])('an answer %i without rules throws nothing', async (status, expected) => {
  const { services } = answering(() => ({ status, body: {} }));
  expect(await services.restrictions('edge').list(ACCOUNT, 'logs')).toMatchObject(expected);
});
