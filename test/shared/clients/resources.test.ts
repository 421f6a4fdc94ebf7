import { expect, test } from 'vitest';
import { answering } from '../../support/answering.ts';

const BASE = 'https://resource-controller.cloud.ibm.com/v2/resource_instances';
const crn = (service: string, guid: string): string =>
  `crn:v1:bluemix:public:${service}:eu-de:a/acct1:${guid}::`;
const logs = (guid: string, more: object = {}) => ({ crn: crn('logs', guid), state: 'active', ...more });

const listLogs = async (...pages: readonly object[]) => {
  let page = -1;
  const { services, asked } = answering(() => ({
    body: pages[(page = Math.min(page + 1, pages.length - 1))],
  }));
  return { look: await services.resources('edge').list('logs'), asked };
};

test('what the members leave out is read from the CRN', async () => {
  const { look } = await listLogs({ resources: [logs('g1')] });
  expect(look).toEqual({
    verdict: 'yes',
    instances: [
      {
        guid: 'g1',
        crn: crn('logs', 'g1'),
        name: 'g1',
        accountId: 'acct1',
        region: 'eu-de',
        state: 'active',
      },
    ],
  });
});

test.each([
  ['nothing', {}, {}],
  ['null', { extensions: null, parameters: null }, {}],
  ['something else', { extensions: 'none', parameters: { private_endpoints_only: 'yes' } }, {}],
  ['hosts of another kind', { extensions: { external_ingress: ['a'] } }, {}],
  [
    'what is expected',
    { extensions: { external_ingress: 'host' }, parameters: { private_endpoints_only: true } },
    { ingressHost: 'host', privateOnly: true },
  ],
])('of a Cloud Logs instance that shows %s', async (_, more, expected) => {
  const { look } = await listLogs({ resources: [logs('g1', more)] });
  const { ingressHost, privateOnly } = (look.verdict === 'yes' ? look.instances[0] : undefined) ?? {};
  expect(JSON.parse(JSON.stringify({ ingressHost, privateOnly }))).toEqual(expected);
});

test('other services are told apart by the CRN alone, whatever they look like', async () => {
  const strange = { crn: 'crn:v1:bluemix:public:logsite::::::', state: 7 };
  const { look } = await listLogs({ resources: [strange, { crn: crn('logs-router', 'g2') }, logs('g1')] });
  expect(look).toMatchObject({ verdict: 'yes', instances: [{ guid: 'g1' }] });
});

test.each([
  'https://elsewhere.example/v2/resource_instances?start=two&limit=100',
  '/other?start=two&limit=100',
])('of the link %s to the next page only the query counts', async (next_url) => {
  const { look, asked } = await listLogs({ resources: [logs('g1')], next_url }, { resources: [logs('g2')] });
  expect(look).toMatchObject({ verdict: 'yes', instances: [{ guid: 'g1' }, { guid: 'g2' }] });
  expect(asked).toEqual([`${BASE}?limit=100`, `${BASE}?start=two&limit=100`]);
});

test.each([null, '', undefined])('the link %s is that of the last page', async (next_url) => {
  expect((await listLogs({ resources: [], next_url })).asked).toHaveLength(1);
});

test.each<readonly [string, object]>([
  ['an instance of the service cannot be read', { resources: [{ crn: crn('logs', 'g1') }] }],
  ['there is no list', { errors: [] }],
  ['a link leads nowhere', { resources: [], next_url: '/v2/resource_instances' }],
  ['the pages do not end', { resources: [], next_url: '?start=again' }],
])('where %s, nothing is told', async (_, page) => {
  expect((await listLogs(page)).look).toMatchObject({ verdict: 'unknown' });
});

test.each([
  [403, { verdict: 'no', status: 403 }],
  [404, { verdict: 'no', status: 404 }],
  [500, { verdict: 'unknown' }],
  [401, { verdict: 'unknown' }],
])('an answer %i throws nothing', async (status, expected) => {
  const { services } = answering(() => ({ status, body: {} }));
  expect(await services.resources('edge').list('logs')).toMatchObject(expected);
  expect(await services.resources('edge').instance('g1')).toMatchObject(expected);
});
