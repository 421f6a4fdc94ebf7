import { expect, test } from 'vitest';
import { cisCrn } from '../../../infra/local/world-file.ts';
import {
  FIXTURE_SERVICES,
  type Fixture,
  type FixtureService,
  fixtureNames,
  loadFixture,
  shapeDifferences,
} from '../../fixtures/load.ts';
import {
  aConformanceWorld,
  type ConformanceWorld,
  LOGS_INSTANCE,
  SECRETS_INSTANCE,
} from './conformance-world.ts';

/** What a fixture's situation needs beyond the common world. */
interface Situation {
  readonly settings?: object;
  readonly as?: string;
  readonly prepare?: (world: ConformanceWorld) => void | Promise<void>;
}

const fault = (respond: Parameters<ConformanceWorld['world']['faults']['add']>[0]['respond']): Situation => ({
  settings: { cis: { gatewayErrors: true } },
  prepare: ({ world }) => world.faults.add({ match: { service: 'cis' }, after: 0, times: 1, respond }),
});

const unlockPrevious = (world: ConformanceWorld): Promise<void> =>
  world.secrets('DELETE', '/versions/previous/locks_bulk');

/** Somebody takes what CIS sends to webhooks, and there is one, with a policy that names it. */
const alerting = async ({ world }: ConformanceWorld): Promise<void> => {
  world.cis.alerting.deliverThrough(async (url) => (url.includes('nobody') ? 401 : 202));
  const [crn] = world.file.cis.map(({ guid }) => cisCrn(world.file.accounts[0]?.id ?? '', guid));
  const body = { name: 'keeper', url: 'https://keeper.example/alert' };
  const webhook = await world.cis.alerting.addWebhook(crn ?? '', body);
  world.cis.alerting.addPolicy(crn ?? '', {
    name: 'logpush-disabled',
    enabled: true,
    alert_type: 'failing_logpush_job_disabled_alert',
    mechanisms: { webhooks: [{ id: webhook?.id ?? '' }] },
  });
};
/** Somebody who may make profiles, policies and roles. */
const DEPLOYER: Situation = { as: 'deployer-key' };
const PROFILE: Situation = { ...DEPLOYER, prepare: (world) => world.addProfile() };

const SITUATIONS: Readonly<Record<string, Situation>> = {
  'iam/createApiKey.forbidden': { as: 'onlooker-key' },
  'iam/createClaimRule': PROFILE,
  'iam/createLink': PROFILE,
  'iam/createProfile': DEPLOYER,
  'iam/createRole': DEPLOYER,
  'iam/createV2Policy': DEPLOYER,
  'iam/createV2Policy.authorization': DEPLOYER,
  'iam/createV2Policy.conflict': {
    ...DEPLOYER,
    prepare: async (world) => {
      const { path, json } = loadFixture('iam', 'createV2Policy').request;
      const headers = { authorization: world.bearer('deployer-key') };
      const first = await world.send(`/iam${path}`, 'POST', headers, JSON.stringify(json));
      expect(first.status).toBe(201);
    },
  },
  'iam/grantToken.unlinked': PROFILE,
  'iam/listLinks': PROFILE,
  'iam/listProfiles': PROFILE,
  'iam/listRoles.authorization': DEPLOYER,
  'iam/updateProfile.stale': PROFILE,
  'iam/getApiKey.activity': { prepare: (world) => void world.bearer('key') },
  'iam/listAccessGroups.forbidden': {
    settings: { iam: { groupsWithoutRight: 'refuse' } },
    as: 'onlooker-key',
  },
  'iam/listV2Policies.nothing': { as: 'onlooker-key' },
  'secrets-manager/createSecretVersion': { prepare: unlockPrevious },
  'secrets-manager/getSecretVersion.forbidden': { as: 'onlooker-key' },
  'secrets-manager/listSecretLocks': {
    prepare: async (world) => {
      await unlockPrevious(world);
      await world.secrets('POST', '/locks_bulk', {
        locks: [{ name: 'keeper-guard', description: 'one rotation at a time', attributes: { run: 'r42' } }],
      });
    },
  },
  'cis/createLogpushJob.quota': {
    settings: { cis: { jobsPerZone: 3 } },
    prepare: ({ world }) => expect([...world.cis.jobs()]).toHaveLength(3),
  },
  'cis/validateOwnership.wrapped': { settings: { cis: { ownershipAnswer: 'wrapped' } } },
  'cis/createAlertWebhook': { prepare: alerting },
  'cis/createAlertWebhook.untaken': { prepare: alerting },
  'cis/listAlertWebhooks': { prepare: alerting },
  'cis/listAlertPolicies': { prepare: alerting },
  'cis/getLogpushJob.failing': {
    prepare: async (world) => {
      const disabled = await world.send(
        '/iam/v1/apikeys/ApiKey-bbbb2222-0000-4000-8000-000000000001/disable',
        'POST',
        { authorization: world.bearer('keeper-key') },
      );
      expect(disabled.status).toBe(204);
      world.clock.advance(3 * 3_600_000);
    },
  },
  'cis/getLogpushJob.masked': { settings: { cis: { keysOnRead: 'masked' } } },
  'cis/listLogpushJobs.null': { settings: { cis: { emptyListAsNull: true } } },
  'cis/listLogpushJobs.plan': fault({ kind: 'status', status: 405 }),
  'cis/listZones.edge-page': fault({ kind: 'html', status: 520 }),
  'cis/listZones.too-many-requests': fault({ kind: 'status', status: 429, retryAfterSeconds: 60 }),
  'cis/listZones.unauthorized': { settings: { cis: { gatewayErrors: true } } },
  'cloud-logs/sendRecords.empty-object': { settings: { cloudLogs: { acceptedBody: '{}' } } },
  'cloud-logs/sendRecords.forbidden': { as: 'onlooker-key' },
  'resource-controller/getResourceInstance.reclaimed': {
    prepare: ({ world }) =>
      world.cloudLogs.change(LOGS_INSTANCE, (instance) => (instance.state = 'pending_reclamation')),
  },
  'resource-controller/getResourceInstance.forbidden': { as: 'onlooker-key' },
  'cbr/listRules.forbidden': { as: 'onlooker-key' },
};

/** Bodies whose shape no document gives: only that there is one can be checked. */
const OPEN_BODIES = [
  'cloud-logs/sendRecords.message',
  'cloud-logs/sendRecords.forbidden',
  'cloud-logs/sendRecords.unauthorized',
  'resource-controller/getResourceInstance.not-found',
  'resource-controller/getResourceInstance.forbidden',
  'cbr/listRules.forbidden',
];

const MOUNTS: Readonly<Record<FixtureService, string>> = {
  iam: '/iam',
  'secrets-manager': `/secrets-manager/${SECRETS_INSTANCE}`,
  cis: '/cis',
  'cloud-logs': `/cloud-logs/eu-de/${LOGS_INSTANCE}`,
  'resource-controller': '/resource-controller',
  cbr: '/cbr',
};

const KEYS: Readonly<Record<string, string>> = {
  'EXAMPLE-KEY': 'key',
  'EXAMPLE-NEW-KEY': 'new-key',
  'EXAMPLE-DISABLED-KEY': 'disabled-key',
};

for (const service of FIXTURE_SERVICES) {
  for (const name of fixtureNames(service)) {
    test(`the local cloud answers ${service} ${name} as documented`, async () => {
      const id = `${service}/${name}`;
      const fixture = loadFixture(service, name);
      const situation = SITUATIONS[id] ?? {};
      const world = await aConformanceWorld(situation.settings);
      await situation.prepare?.(world);

      const response = await send(world, service, fixture, situation.as ?? 'keeper-key');

      const text = await response.text();
      expect({ status: response.status, differences: differences(fixture, response, text, id) }).toEqual({
        status: fixture.response.status,
        differences: [],
      });
    });
  }
}

function differences(fixture: Fixture, response: Response, text: string, id: string): readonly string[] {
  const missing = Object.keys(fixture.response.headers).filter((header) => !response.headers.has(header));
  const { body } = fixture.response;
  if (OPEN_BODIES.includes(id)) return text === '' ? [...missing, 'no body'] : missing;
  if (typeof body === 'string') return text === body ? missing : [...missing, `body: ${text}`];
  return [...missing, ...shapeDifferences(JSON.parse(text), body)];
}

/** Sends a fixture's request with a real token, real keys and, for a second page, a real page token. */
async function send(
  world: ConformanceWorld,
  service: FixtureService,
  fixture: Fixture,
  as: string,
): Promise<Response> {
  const { request } = fixture;
  const bearer = world.bearer(as);
  const wild: Readonly<Record<string, string>> = {
    authorization: bearer,
    'x-auth-user-token': bearer,
    pagesize: '2',
    limit: '2',
    per_page: '50',
  };
  const filled = (members: Readonly<Record<string, string>> = {}): Record<string, string> =>
    Object.fromEntries(
      Object.entries(members).map(([name, value]) => [
        name,
        value === '*' ? (wild[name] ?? 'any') : withKey(world, value),
      ]),
    );
  const headers = filled(request.headers);
  const query = new URLSearchParams(filled(request.query));
  const path = `${MOUNTS[service]}${request.path}`;
  const page = ['pagetoken', 'start'].find((name) => query.has(name));
  if (page !== undefined) {
    query.delete(page);
    const first = await world.send(`${path}?${query.toString()}`, request.method, headers);
    const { next, next_url: link = next } = (await first.json()) as {
      readonly next?: string | { readonly href: string };
      readonly next_url?: string;
    };
    const url = new URL(typeof link === 'string' ? link : (link?.href ?? ''), 'https://ibm.example');
    query.set(page, url.searchParams.get(page) ?? '');
  }
  const body =
    request.form === undefined
      ? request.json === undefined
        ? undefined
        : JSON.stringify(request.json, (_, value: unknown) =>
            typeof value === 'string' ? withKey(world, value) : value,
          )
      : new URLSearchParams(filled(request.form)).toString();
  return world.send(query.size === 0 ? path : `${path}?${query.toString()}`, request.method, headers, body);
}

/** The real value in place of a key that the fixtures only name. */
function withKey(world: ConformanceWorld, value: string): string {
  if (value === 'EXAMPLE-CR-TOKEN') return world.computeResourceToken();
  const name = KEYS[value];
  return name === undefined ? value : world.world.keyValue(name);
}
