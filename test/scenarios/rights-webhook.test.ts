import { expect, test } from 'vitest';
import { VirtualClock } from '../../infra/local/clock.ts';
import { InProcessTransport } from '../../infra/local/transport.ts';
import { World } from '../../infra/local/world.ts';
import { type Grant, grantsOf } from '../../shared/domain/grants.ts';
import { defineWebhook } from '../../shared/runtime/webhook/webhook.ts';
import { smallWorld } from '../simulation/small-world.ts';
import { fixedRandom } from '../support/fake-clock.ts';
import { give } from '../support/rights.ts';

const SECRET = '5ec2e7'.repeat(10);
const RINGS = { account: 'edge', bucket: 'acme-rings', instanceId: '33333333-1111-4222-8333-444444444444' };

/** A webhook that becomes the profile that is linked to it, with these of its policies. */
async function rung(roles: 'system' | 'custom', change: (grant: Grant) => Grant = (grant) => grant) {
  const file = smallWorld({ jobs: 1 });
  const { bucket: name, account, instanceId: instance } = RINGS;
  const bucket = { name, account, instance, location: 'eu-de', grantsLogpush: false } as const;
  file.buckets.push({ ...bucket, instanceState: 'active' });
  const accountId = file.accounts[0]?.id ?? '';
  const clock = new VirtualClock(file.startsAt);
  const world = new World(file, { clock, seed: 1 });
  const profile = world.iam.profiles.create({ name: 'lpk-edge-logs-webhook', accountId });
  const component = {
    projectCrn: `crn:v1:bluemix:public:codeengine:eu-de:a/${accountId}:project::`,
    componentType: 'function',
    componentName: 'webhook',
  } as const;
  world.iam.profiles.link(profile, { ...component, crType: 'CE', crn: component.projectCrn });
  const fleet = {
    accounts: { edge: { accountId } },
    instances: [],
    bindings: [],
    buckets: [],
    tokenBuckets: [],
    rings: RINGS,
    groups: {},
  };
  const grants = grantsOf(fleet, 'webhook', roles);
  for (const grant of grants) give(world, profile.iamId, change(grant));
  const main = defineWebhook({
    env: () => ({
      KEEPER_WEBHOOK_SECRET: SECRET,
      KEEPER_PROFILE_ID: profile.id,
      KEEPER_RINGS_BUCKET: name,
      KEEPER_RINGS_ENDPOINT: 'http://127.0.0.1/cos/eu-de',
      KEEPER_IAM_ENDPOINT: 'http://127.0.0.1/iam',
    }),
    transport: new InProcessTransport(world.app, clock),
    clock,
    random: fixedRandom,
    readFile: () => world.iam.computeResourceToken(component, clock.now()),
    write: () => undefined,
  });
  const { statusCode } = await clock.run(
    main({
      __ce_method: 'POST',
      __ce_path: '/alert',
      __ce_headers: { 'cf-webhook-auth': SECRET, 'content-type': 'application/json', 'content-length': '2' },
      __ce_body: Buffer.from('{}').toString('base64'),
    }),
  );
  const refused = world.calls.filter(({ status }) => status === 403).map(({ operation }) => operation);
  return { grants, statusCode, refused, rings: world.cos.objects(name).map(({ key }) => key) };
}

test.each(['system', 'custom'] as const)(
  'with its right alone, by %s roles, the webhook rings',
  async (roles) => {
    const { grants, ...seen } = await rung(roles);
    expect(grants).toMatchObject([{ paths: ['rings/'], actions: ['cloud-object-storage.object.put'] }]);
    expect(seen).toEqual({ statusCode: 202, refused: [], rings: ['rings/alert/20260301T0000'] });
  },
);

test.each([
  ['its role', (grant: Grant) => ({ ...grant, roles: [] })],
  ['the path of the rings', (grant: Grant) => ({ ...grant, paths: ['prod/'] })],
] as const)('without %s nothing rings', async (_, change) => {
  const { statusCode, refused, rings } = await rung('system', change);
  expect({ statusCode, rings }).toEqual({ statusCode: 503, rings: [] });
  expect(new Set(refused)).toEqual(new Set(['putObject']));
});
