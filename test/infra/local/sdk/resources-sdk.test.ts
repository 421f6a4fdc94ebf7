import ContextBasedRestrictionsV1 from '@ibm-cloud/platform-services/context-based-restrictions/v1.js';
import ResourceControllerV2 from '@ibm-cloud/platform-services/resource-controller/v2.js';
import { IamAuthenticator } from 'ibm-cloud-sdk-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadWorld } from '../../../../infra/local/load-world.ts';
import { type ServedCloud, serveWorld } from '../../../../infra/local/serve.ts';

/** IBM's own SDK against the served local cloud: its pager and its types are neither ours nor the simulator's. */
let cloud: ServedCloud;
let resources: ResourceControllerV2;
let restrictions: ContextBasedRestrictionsV1;
let accountId: string;

beforeAll(async () => {
  const file = loadWorld('two-keys');
  file.settings.resourceController.pageSize = 2;
  const [account] = file.accounts;
  const keeper = account?.serviceIds.find(({ name }) => name === account.keeper?.serviceId);
  if (account === undefined || keeper === undefined) throw new Error('the world has changed');
  accountId = account.id;
  keeper.policies.push({ roles: ['Viewer'] }, { service: 'context-based-restrictions', roles: ['Viewer'] });
  account.restrictions.push({
    id: 'r1',
    service: 'logs',
    enforcement: 'report',
    addresses: ['192.0.2.0/24'],
  });
  cloud = await serveWorld(file, { seed: 1 });
  const authenticator = new IamAuthenticator({ apikey: cloud.apiKey, url: cloud.endpoints.iam });
  resources = new ResourceControllerV2({ authenticator, serviceUrl: cloud.endpoints.resourceController });
  restrictions = new ContextBasedRestrictionsV1({ authenticator, serviceUrl: cloud.endpoints.cbr });
});

afterAll(() => cloud.close());

test('the pager of the SDK sees every instance of the account, and an id finds one', async () => {
  const all = await new ResourceControllerV2.ResourceInstancesPager(resources, { limit: 2 }).getAll();
  expect(all.map(({ name = '' }) => name).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
    'corp',
    'edge-logs',
    'edge-secrets',
    'shop',
  ]);
  const { crn = '' } = all.find(({ name }) => name === 'edge-logs') ?? {};
  const { result } = await resources.getResourceInstance({ id: crn });
  expect(result).toMatchObject({ name: 'edge-logs', state: 'active', region_id: 'us-south' });
});

test('rules and zones', async () => {
  const { result } = await restrictions.listRules({ accountId, serviceName: 'logs' });
  expect(result).toMatchObject({ count: 1, rules: [{ id: 'r1', enforcement_mode: 'report' }] });
  const zoneId = result.rules[0]?.contexts[0]?.attributes[0]?.value ?? '';
  const zone = await restrictions.getZone({ zoneId });
  expect(zone.result.addresses).toEqual([{ type: 'subnet', value: '192.0.2.0/24' }]);
});
