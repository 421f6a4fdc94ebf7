import { expect, test } from 'vitest';
import { VirtualClock } from '../../../../infra/local/clock.ts';
import { loadWorld } from '../../../../infra/local/load-world.ts';
import { InProcessTransport } from '../../../../infra/local/transport.ts';
import { World } from '../../../../infra/local/world.ts';
import { createServices } from '../../../../shared/clients/services.ts';
import { hours, minutes } from '../../../../shared/domain/time.ts';
import { fixedRandom } from '../../../support/fake-clock.ts';

function aWorld(change: (file: ReturnType<typeof loadWorld>) => void = () => {}) {
  const file = loadWorld('two-keys');
  change(file);
  const clock = new VirtualClock(file.startsAt);
  const world = new World(file, { clock, seed: 1 });
  const grant = async (fields: Readonly<Record<string, string>>) => {
    const response = await world.app.request('/iam/identity/token', {
      method: 'POST',
      body: new URLSearchParams(fields),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const apiKey = (name: string) =>
    grant({ grant_type: 'urn:ibm:params:oauth:grant-type:apikey', apikey: world.keyValue(name) });
  return { file, clock, world, grant, apiKey };
}

test('a token outlives its key by its own life, and dies with its identity', async () => {
  const { world, clock, apiKey } = aWorld();
  const bearer = `Bearer ${String((await apiKey('edge-logs-key')).body['access_token'])}`;
  const key = world.iam.keys().find((candidate) => candidate.name === 'logpush edge');
  const state = world.iam.liveKey(key?.id ?? '');
  if (state === undefined) throw new Error('the demo world has changed');
  state.deletedAt = world.now();

  expect((await apiKey('edge-logs-key')).body['errorCode']).toBe('BXNIM0415E');
  clock.advance(minutes(59));
  expect(world.iam.authenticate(bearer, world.now())).toMatchObject({ iamId: state.iamId });
  clock.advance(minutes(1));
  expect(world.iam.authenticate(bearer, world.now())).toBeUndefined();

  const other = `Bearer ${String((await apiKey('audit-logs-key')).body['access_token'])}`;
  const owner = world.iam.authenticate(other, world.now())?.iamId ?? '';
  world.iam.removeServiceId(owner.replace(/^iam-/, ''));
  expect(world.iam.authenticate(other, world.now())).toBeUndefined();
});

test('a token is a real JSON web token', async () => {
  const { apiKey, world } = aWorld();
  const [header = '', payload = '', signature = ''] = String(
    (await apiKey('edge-logs-key')).body['access_token'],
  ).split('.');
  const read = (part: string) =>
    JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
  expect(read(header)).toMatchObject({ alg: 'RS256', kid: expect.any(String) });
  expect(read(payload)).toMatchObject({
    iam_id: expect.stringMatching(/^iam-ServiceId-/),
    account: { bss: world.file.accounts[0]?.id },
    iat: world.now() / 1_000,
    exp: world.now() / 1_000 + 3_600,
  });
  expect(signature.length).toBeGreaterThan(100);
});

test.each([
  [{}, 400, 'BXNIM0109E'],
  [{ grant_type: 'password' }, 400, 'BXNIM0106E'],
  [{ grant_type: 'urn:ibm:params:oauth:grant-type:apikey' }, 400, 'BXNIM0109E'],
  [{ grant_type: 'urn:ibm:params:oauth:grant-type:apikey', apikey: 'unknown' }, 400, 'BXNIM0415E'],
  [{ grant_type: 'urn:ibm:params:oauth:grant-type:assume', access_token: 'broken' }, 401, 'BXNIM0407E'],
] as const)('%o is refused with %i %s', async (fields, status, errorCode) => {
  expect(await aWorld().grant(fields)).toMatchObject({ status, body: { errorCode } });
});

test('an expired key is refused with the code that the world chose', async () => {
  const { clock, apiKey } = aWorld((file) => {
    file.settings.iam.deadKeyCode = 'BXNIM0415E';
  });
  clock.advance(hours(240));
  expect((await apiKey('edge-logs-key')).body['errorCode']).toBe('BXNIM0415E');
});

test('a workload becomes the profile that its compute resource is linked to; the keeper reads the file anew each time', async () => {
  const { world, clock } = aWorld();
  const [account] = world.file.accounts;
  if (account === undefined) throw new Error('the demo world has changed');
  const profile = world.iam.profiles.create({ name: 'keeper', accountId: account.id });
  const resource = {
    projectCrn: `crn:v1:bluemix:public:codeengine:eu-de:a/${account.id}:project::`,
    componentType: 'job',
    componentName: 'check-logpush',
  } as const;
  world.iam.profiles.link(profile, { ...resource, crType: 'CE', crn: resource.projectCrn });
  world.iam.addPolicy({
    iamId: profile.iamId,
    accountId: account.id,
    service: 'internet-svcs',
    roles: ['Reader'],
  });
  let file = world.iam.computeResourceToken(resource, world.now());
  const { services } = createServices({
    transport: new InProcessTransport(world.app, clock),
    clock,
    random: fixedRandom,
    endpoints: { iam: 'http://127.0.0.1/iam', cis: 'http://127.0.0.1/cis' },
    accounts: new Map([
      [
        'edge',
        {
          accountId: account.id,
          credential: { kind: 'trusted-profile', profileId: profile.id, tokenFile: '/token' },
        },
      ],
    ]),
    cisCallsPerMinute: 80,
    readFile: () => file,
  });
  const crn = [...world.cis.jobs()][0]?.instanceCrn ?? '';
  const zones = () => clock.run(Array.fromAsync(services.cis('edge').listZones(crn)));

  expect(await zones()).toHaveLength(5);
  clock.advance(hours(2));
  await expect(zones()).rejects.toMatchObject({
    status: 401,
    reason: expect.stringContaining('account "edge"'),
  });
  file = `${world.iam.computeResourceToken(resource, world.now())}\n`;
  expect(await zones()).toHaveLength(5);
});

test('a profile is assumed only by an identity that it trusts', async () => {
  const { world, grant, apiKey } = aWorld();
  const caller = String((await apiKey('keeper-edge-key')).body['access_token']);
  const iamId = world.iam.authenticate(`Bearer ${caller}`, world.now())?.iamId ?? '';
  const accountId = world.file.accounts[0]?.id ?? '';
  world.iam.profiles.create({ name: 'trusting', accountId, trusts: [iamId] });
  world.iam.profiles.create({ name: 'closed', accountId });
  const assume = (profile_name: string) =>
    grant({ grant_type: 'urn:ibm:params:oauth:grant-type:assume', access_token: caller, profile_name });
  expect((await assume('trusting')).status).toBe(200);
  expect((await assume('closed')).status).toBe(403);
});
