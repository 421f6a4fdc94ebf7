import { VirtualClock } from '../../../infra/local/clock.ts';
import { World } from '../../../infra/local/world.ts';
import { WorldFile } from '../../../infra/local/world-file.ts';

export const SECRETS_INSTANCE = 'cccc3333-0000-4000-8000-000000000001';
export const LOGS_INSTANCE = 'aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb';
const SECRET = '0f7c6a52-0000-4000-8000-000000000001';

const key = (name: string, last: number, more: object = {}) => ({
  name,
  id: `ApiKey-bbbb2222-0000-4000-8000-00000000000${last}`,
  createdDaysAgo: 70,
  ...more,
});

const job = (id: number, name: string, dataset: string, more: object = {}) => ({
  id,
  name,
  dataset,
  cloudLogs: 'logs',
  apiKey: 'key',
  ...more,
});

const FILE = {
  name: 'conformance',
  about: 'What the fixtures are about, under the ids that they use.',
  startsAt: '2026-09-01T10:00:00Z',
  days: 1,
  accounts: [
    {
      name: 'edge',
      id: '0123456789abcdef0123456789abcdef',
      serviceIds: [
        {
          name: 'logpush',
          id: 'ServiceId-aaaa1111-0000-4000-8000-000000000001',
          policies: [
            {
              service: 'cloud-object-storage',
              roles: ['Object Writer'],
              instance: 'bbbbbbbb-1111-4222-8333-cccccccccccc',
              bucket: 'edge-logs',
              path: 'zone-a/http/*',
            },
            { service: 'logs', roles: ['Sender'] },
            { roles: ['Viewer'] },
          ],
          apiKeys: [
            key('key', 1, { expiresInDays: 30 }),
            key('new-key', 2, { expiresInDays: 120 }),
            key('locked-key', 3, { locked: true, expiresInDays: 60 }),
            key('disabled-key', 4, { disabled: true }),
          ],
        },
        {
          name: 'keeper',
          id: 'ServiceId-aaaa1111-0000-4000-8000-000000000009',
          policies: [
            { service: 'internet-svcs', roles: ['Manager'] },
            { service: 'secrets-manager', roles: ['Manager'] },
            { service: 'iam-identity', roles: ['Operator'] },
            { service: 'iam-access-management', roles: ['Viewer'] },
            { service: 'iam-groups', roles: ['Viewer'] },
            { service: 'logs', roles: ['Sender'] },
            { service: 'context-based-restrictions', roles: ['Viewer'] },
            { roles: ['Viewer'] },
          ],
          apiKeys: [key('keeper-key', 8)],
        },
        {
          name: 'deployer',
          id: 'ServiceId-aaaa1111-0000-4000-8000-000000000007',
          policies: [
            { service: 'iam-identity', roles: ['Administrator'] },
            { service: 'iam-access-management', roles: ['Administrator'] },
          ],
          apiKeys: [key('deployer-key', 7)],
        },
        {
          name: 'onlooker',
          id: 'ServiceId-aaaa1111-0000-4000-8000-000000000008',
          policies: [{ service: 'secrets-manager', roles: ['Reader'] }],
          apiKeys: [key('onlooker-key', 9)],
        },
      ],
      restrictions: [
        {
          id: '30fd58c9b75f40e854b89c432318b4a2',
          service: 'logs',
          instance: LOGS_INSTANCE,
          enforcement: 'report',
          addresses: ['203.0.113.9', '198.51.100.0/24'],
        },
      ],
      accessGroups: [
        {
          name: 'log writers',
          id: 'AccessGroupId-eeee5555-0000-4000-8000-000000000001',
          members: ['iam-ServiceId-aaaa1111-0000-4000-8000-000000000001'],
          policies: [
            {
              service: 'cloud-object-storage',
              roles: ['Object Writer'],
              instance: 'bbbbbbbb-1111-4222-8333-cccccccccccc',
              bucket: 'edge-logs',
            },
          ],
        },
      ],
    },
  ],
  cloudLogs: [{ name: 'logs', guid: LOGS_INSTANCE, region: 'eu-de', account: 'edge' }],
  buckets: [
    {
      name: 'edge-logs',
      location: 'eu-de',
      instance: 'bbbbbbbb-1111-4222-8333-cccccccccccc',
      account: 'edge',
      grantsLogpush: true,
    },
  ],
  secretsManagers: [
    {
      name: 'secrets',
      guid: SECRETS_INSTANCE,
      region: 'us-south',
      account: 'edge',
      secrets: [{ id: SECRET, name: 'logpush-edge-key', apiKey: 'key', expiresInDays: 90 }],
    },
  ],
  cis: [
    {
      name: 'shop',
      guid: 'dddd4444-0000-4000-8000-000000000001',
      account: 'edge',
      zones: [
        {
          id: '0f1e2d3c4b5a69788796a5b4c3d2e1f0',
          name: 'shop.example',
          jobs: [
            job(700123, 'edge-http', 'http_requests'),
            job(700124, 'edge-firewall', 'firewall_events', { enabled: false }),
            job(700125, 'edge-dns', 'dns_logs'),
          ],
        },
        { id: '00112233445566778899aabbccddeeff', name: 'new.example', status: 'pending' },
      ],
    },
  ],
};

/** A small world under the ids of the fixtures, half an hour old, so that every enabled job has pushed. */
export async function aConformanceWorld(settings: object = {}): Promise<ConformanceWorld> {
  const file = WorldFile.parse({ ...FILE, settings });
  const clock = new VirtualClock(file.startsAt);
  const world = new World(file, { clock, seed: 1 });
  const conformance = new ConformanceWorld(world, clock);
  await conformance.populate();
  clock.advance(30 * 60_000);
  return conformance;
}

/** The world, and how to call it by hand. */
export class ConformanceWorld {
  readonly world: World;
  readonly clock: VirtualClock;

  constructor(world: World, clock: VirtualClock) {
    this.world = world;
    this.clock = clock;
  }

  /** An `Authorization` value for the owner of a key. */
  bearer(keyName: string): string {
    const granted = this.world.iam.grantToken(this.world.keyValue(keyName), this.clock.now());
    if (!granted.ok) throw new Error(`IAM refuses ${keyName} with ${granted.code}`);
    return `Bearer ${granted.token}`;
  }

  async send(
    path: string,
    method: string,
    headers: Readonly<Record<string, string>>,
    body?: string,
  ): Promise<Response> {
    return this.world.app.request(path, { method, headers, ...(body === undefined ? {} : { body }) });
  }

  /** What the token file of a job holds. */
  computeResourceToken(): string {
    const projectCrn =
      'crn:v1:bluemix:public:codeengine:eu-de:a/0123456789abcdef0123456789abcdef:99999999-0000-4000-8000-000000000001::';
    const job = { projectCrn, componentType: 'job', componentName: 'rotate-keys' } as const;
    return this.world.iam.computeResourceToken(job, this.clock.now());
  }

  /** The trusted profile of the examples, with a link. */
  addProfile(): void {
    const { profiles } = this.world.iam;
    const profile = profiles.create({
      id: 'Profile-cccc9999-0000-4000-8000-000000000001',
      accountId: '0123456789abcdef0123456789abcdef',
      name: 'lpk-edge-logs-check-logpush',
      description: 'managed-by=logpush-keeper',
    });
    const component = { componentType: 'job', componentName: 'check-logpush' };
    profiles.link(profile, {
      crType: 'CE',
      name: 'lpk',
      crn: 'crn:v1:bluemix:public:codeengine',
      ...component,
    });
  }

  /** A call to Secrets Manager as the keeper. */
  async secrets(method: string, path: string, body?: unknown): Promise<void> {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const url = `/secrets-manager/${SECRETS_INSTANCE}/api/v2/secrets/${SECRET}${path}`;
    const headers = { authorization: this.bearer('keeper-key'), 'content-type': type };
    const text = body === undefined ? undefined : JSON.stringify(body);
    const response = await this.send(url, method, headers, text);
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}`);
  }

  /** Three versions, the previous one locked, and all the metadata that the examples show. */
  async populate(): Promise<void> {
    const version = {
      payload: 'TRACER-2',
      version_custom_metadata: { api_key_id: 'ApiKey-1', keeper_stamp: 's' },
    };
    await this.secrets('PATCH', '/metadata', {
      description: 'Cloud Logs key of the edge',
      labels: ['rotation-managed'],
      custom_metadata: { owner: 'team-edge' },
    });
    await this.secrets('POST', '/versions', version);
    await this.secrets('POST', '/locks_bulk', { locks: [{ name: 'app-billing' }] });
    await this.secrets('POST', '/versions', version);
  }
}
