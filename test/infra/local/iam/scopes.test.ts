import { expect, test } from 'vitest';
import { simplePolicy } from '../../../../infra/local/iam/populate.ts';
import type { Settings } from '../../../../infra/local/settings.ts';
import type { WorldPolicy } from '../../../../infra/local/world-file.ts';
import { BUCKET, SECRET_ID, SECRETS_MANAGER_ID, smallWorld } from '../../../simulation/small-world.ts';
import { aCaller, SOMEBODY } from './caller.ts';

/** The service ID whose keys jobs carry, and one of its keys. */
const OWNER = smallWorld({ jobs: 1 }).accounts[0]?.serviceIds[2] ?? { id: '', apiKeys: [] };
const KEY = `/v1/apikeys/${OWNER.apiKeys[1]?.id}`;
const STORE = '33333333-1111-4222-8333-444444444444';

/** Somebody with these policies, who calls any service. */
function aWorld(policies: readonly WorldPolicy[], settings: Partial<Settings['iam']> = {}) {
  const { world, accountId, token } = aCaller({}, settings);
  for (const policy of policies)
    world.iam.addPolicy({ iamId: `iam-${SOMEBODY}`, ...simplePolicy(accountId, policy) });
  const status = async (method: string, path: string, body?: unknown) => {
    const response = await world.app.request(path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return response.status;
  };
  return { world, accountId, status, iam: (method: string, path: string) => status(method, `/iam${path}`) };
}

const onKeysOf = (keysOf: string, role: string): WorldPolicy => ({
  service: 'iam-identity',
  roles: [role],
  keysOf,
});

test('a role on one service ID opens its keys, and no others', async () => {
  const { iam, accountId, status } = aWorld([onKeysOf(OWNER.id, 'Operator')]);
  const list = (iamId: string, more = '') =>
    iam('GET', `/v1/apikeys?account_id=${accountId}&iam_id=${iamId}${more}`);
  expect(await list(`iam-${OWNER.id}`)).toBe(200);
  expect(await list('iam-ServiceId-41484497-1ded-4dc9-8f79-8b031c066f28')).toBe(403);
  expect(await list(`iam-${OWNER.id}`, '&scope=account')).toBe(403);
  expect(await iam('GET', `${KEY}?include_activity=true`)).toBe(200);
  expect(await iam('GET', '/v1/apikeys/ApiKey-00000000-0000-4000-8000-00000000000a')).toBe(403);
  const create = (iam_id: string) => status('POST', '/iam/v1/apikeys', { name: 'new', iam_id });
  expect(await create(`iam-${OWNER.id}`)).toBe(201);
  expect(await create('iam-ServiceId-41484497-1ded-4dc9-8f79-8b031c066f28')).toBe(403);
  expect(await iam('DELETE', KEY)).toBe(204);
});

test.each([
  ['Viewer', [403, 403, 403, 403]],
  ['API key reviewer', [403, 403, 403, 403]],
  ['Editor', [200, 200, 204, 403]],
  ['Operator', [200, 200, 204, 204]],
])('%s on a service ID', async (role, expected) => {
  const { iam } = aWorld([onKeysOf(OWNER.id, role)]);
  expect([
    await iam('GET', KEY),
    await iam('GET', `${KEY}?include_activity=true`),
    await iam('POST', `${KEY}/disable`),
    await iam('DELETE', KEY),
  ]).toEqual(expected);
});

test('what is not published about keys is as the world says', async () => {
  const reviewer = aWorld([onKeysOf(OWNER.id, 'API key reviewer')], { keyReadTakes: 'review' });
  expect(await reviewer.iam('GET', KEY)).toBe(200);
  expect(await reviewer.iam('GET', `${KEY}?include_activity=true`)).toBe(403);
  const hiding = aWorld([onKeysOf(OWNER.id, 'API key reviewer')], {
    keyReadTakes: 'review',
    activityWithoutRight: 'hide',
  });
  expect(await hiding.iam('GET', `${KEY}?include_activity=true`)).toBe(200);
  const editor = aWorld([onKeysOf(OWNER.id, 'Editor')], { keyDisableTakes: 'apikey.delete' });
  expect(await editor.iam('POST', `${KEY}/disable`)).toBe(403);
});

test('a role on a group of secrets opens the secrets in it, and no list of all', async () => {
  const of = (secretGroup: string): WorldPolicy => ({
    service: 'secrets-manager',
    roles: ['SecretsReader'],
    instance: SECRETS_MANAGER_ID,
    secretGroup,
  });
  const api = `/secrets-manager/${SECRETS_MANAGER_ID}/api/v2/secrets`;
  const { status } = aWorld([of('default')]);
  expect(await status('GET', `${api}/${SECRET_ID}/metadata`)).toBe(200);
  expect(await status('GET', `${api}/${SECRET_ID}/versions/current`)).toBe(200);
  expect(await status('POST', `${api}/${SECRET_ID}/versions`, { payload: 'x' })).toBe(403);
  expect(await status('GET', api)).toBe(403);
  expect(await aWorld([of('other')]).status('GET', `${api}/${SECRET_ID}/metadata`)).toBe(403);
});

test('a condition on the path opens objects below it, and lists of them', async () => {
  const { world, accountId, status } = aWorld([]);
  const attribute = (key: string, value: string) => ({ key, operator: 'stringEquals', value });
  world.iam.policies.create(
    accountId,
    {
      type: 'access',
      subject: [attribute('iam_id', `iam-${SOMEBODY}`)],
      resource: [
        attribute('accountId', accountId),
        attribute('serviceName', 'cloud-object-storage'),
        attribute('serviceInstance', STORE),
        attribute('resourceType', 'bucket'),
        attribute('resource', BUCKET),
      ],
      tags: [],
      roles: ['ContentReader', 'ObjectWriter'].map(
        (role) => `crn:v1:bluemix:public:iam::::serviceRole:${role}`,
      ),
      pattern: 'attribute-based-condition:resource:literal-and-wildcard',
      rule: {
        operator: 'or',
        conditions: [
          { key: '{{resource.attributes.path}}', operator: 'stringMatch', value: 'keeper/*' },
          {
            operator: 'and',
            conditions: [
              { key: '{{resource.attributes.prefix}}', operator: 'stringMatch', value: 'keeper/*' },
              { key: '{{resource.attributes.delimiter}}', operator: 'stringEqualsAnyOf', value: ['/', ''] },
            ],
          },
        ],
      },
    },
    'somebody',
  );
  const bucket = `/cos/eu-de/${BUCKET}`;
  const put = (key: string) => status('PUT', `${bucket}/${key}`, {});
  expect([await put('keeper/a'), await put('http/a')]).toEqual([200, 403]);
  const list = (query: string) => status('GET', `${bucket}?list-type=2${query}`);
  expect([
    await list('&prefix=keeper/'),
    await list('&prefix=keeper/&delimiter=/'),
    await list('&prefix=http/'),
    await list(''),
  ]).toEqual([200, 200, 403, 403]);
  expect(await status('HEAD', bucket)).toBe(403);
});
