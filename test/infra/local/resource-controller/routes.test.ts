import { describe, expect, test } from 'vitest';
import { BUCKET, OTHER_LOGS_ID, SECRETS_MANAGER_ID } from '../../../simulation/small-world.ts';
import { aPlatformWorld, LOGS_ID } from '../platform-world.ts';

const PATH = '/resource-controller/v2/resource_instances';

interface Wire {
  readonly guid: string;
  readonly crn: string;
  readonly name: string;
  readonly region_id: string;
  readonly state: string;
  readonly extensions: Readonly<Record<string, unknown>>;
  readonly parameters: Readonly<Record<string, unknown>>;
}

const listed = async ({ get }: ReturnType<typeof aPlatformWorld>, query = '') => {
  const { body } = await get(`${PATH}${query}`);
  return (body as { readonly resources: readonly Wire[] }).resources;
};

test('every instance of the world is there, with its region and state', async () => {
  const resources = await listed(aPlatformWorld({ policies: [{ roles: ['Viewer'] }] }));
  expect(
    resources.map(({ crn, name, state }) => `${crn.split(':').slice(4, 6).join(' ')} ${name} ${state}`),
  ).toMatchInlineSnapshot(`
    [
      "internet-svcs global shop active",
      "secrets-manager eu-de secrets active",
      "logs eu-de logs active",
      "logs eu-de other-logs active",
      "cloud-object-storage global objects-33333333 active",
    ]
  `);
  expect(resources.find(({ guid }) => guid === LOGS_ID)).toMatchObject({
    region_id: 'eu-de',
    extensions: {
      external_ingress: `${LOGS_ID}.ingress.eu-de.logs.cloud.ibm.com`,
      external_ingress_private: `${LOGS_ID}.ingress.private.eu-de.logs.cloud.ibm.com`,
    },
    parameters: { private_endpoints_only: false },
  });
});

test.each(['Viewer', 'Operator', 'Editor', 'Administrator'])(
  '%s of a service sees its instances',
  async (role) => {
    const world = aPlatformWorld({ policies: [{ service: 'secrets-manager', roles: [role] }] });
    expect((await listed(world)).map(({ guid }) => guid)).toEqual([SECRETS_MANAGER_ID]);
    expect((await world.get(`${PATH}/${SECRETS_MANAGER_ID}`)).status).toBe(200);
  },
);

test('a role on one instance shows that one alone', async () => {
  const policies = [{ service: 'logs', roles: ['Viewer'], instance: OTHER_LOGS_ID }];
  const world = aPlatformWorld({ policies });
  expect((await listed(world)).map(({ guid }) => guid)).toEqual([OTHER_LOGS_ID]);
});

test.each([
  ['a service role', [{ service: 'logs', roles: ['Manager'] }]],
  ['a role on another service', [{ service: 'internet-svcs', roles: ['Viewer'] }]],
  ['no role', []],
])('%s shows no instance of Cloud Logs', async (_, policies) => {
  const world = aPlatformWorld({ policies });
  expect((await listed(world)).filter(({ crn }) => crn.includes(':logs:'))).toEqual([]);
  expect((await world.get(`${PATH}/${LOGS_ID}`)).status).toBe(403);
  const hiding = aPlatformWorld({ policies, settings: { resourceController: { withoutRight: 404 } } });
  expect((await hiding.get(`${PATH}/${LOGS_ID}`)).status).toBe(404);
});

test('an instance is found by its GUID and by its CRN; another is not, nor is any without a token', async () => {
  const { get } = aPlatformWorld({ policies: [{ roles: ['Viewer'] }] });
  const { body } = await get(`${PATH}/${LOGS_ID}`);
  const { crn } = body as Wire;
  expect((await get(`${PATH}/${encodeURIComponent(crn)}`)).body).toEqual(body);
  expect((await get(`${PATH}/${LOGS_ID.replace('b', 'a')}`)).status).toBe(404);
  expect((await get(`${PATH}/${LOGS_ID}`, 'Bearer nobody')).status).toBe(401);
});

describe('an instance that is deleted', () => {
  test.each(['pending_reclamation', 'removed'] as const)('is %s by its id, and in no list', async (state) => {
    const world = aPlatformWorld({ policies: [{ roles: ['Viewer'] }] });
    world.world.cloudLogs.change(LOGS_ID, (instance) => (instance.state = state));
    expect((await world.get(`${PATH}/${LOGS_ID}`)).body).toMatchObject({ state });
    expect((await listed(world)).some(({ guid }) => guid === LOGS_ID)).toBe(false);
    expect((await listed(world, `?state=${state}`)).map(({ guid }) => guid)).toEqual([LOGS_ID]);
  });

  test('of COS is so as one of its buckets says', async () => {
    const world = aPlatformWorld({ policies: [{ roles: ['Viewer'] }] });
    world.world.cos.change(BUCKET, (bucket) => (bucket.instanceState = 'removed'));
    expect((await listed(world, '?state=removed')).map(({ name }) => name)).toEqual(['objects-33333333']);
  });
});

test('that an instance is private is shown, or not, as the world says', async () => {
  const shown = async (settings: object) => {
    const world = aPlatformWorld({ policies: [{ roles: ['Viewer'] }], settings });
    world.world.cloudLogs.change(LOGS_ID, (instance) => (instance.privateOnly = true));
    return ((await world.get(`${PATH}/${LOGS_ID}`)).body as Wire).parameters['private_endpoints_only'];
  };
  expect(await shown({})).toBe(true);
  expect(await shown({ resourceController: { parametersOnRead: 'hidden' } })).toBeUndefined();
});

test('a list comes in pages', async () => {
  const world = aPlatformWorld({
    policies: [{ roles: ['Viewer'] }],
    settings: { resourceController: { pageSize: 2 } },
  });
  const guids: string[] = [];
  let [path, pages] = [`${PATH}?limit=100`, 0];
  while (path !== '') {
    const { body } = await world.get(path);
    const { resources, next_url: next } = body as {
      readonly resources: readonly Wire[];
      readonly next_url: string | null;
    };
    guids.push(...resources.map(({ guid }) => guid));
    path = next === null ? '' : `/resource-controller${next}`;
    pages += 1;
  }
  expect([pages, new Set(guids).size, guids.length]).toEqual([3, 5, 5]);
});
