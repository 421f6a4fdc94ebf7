import { describe, expect, test } from 'vitest';
import { CLOUDFLARE_RANGES } from '../../../../shared/domain/cloudflare-ranges.ts';
import { judgeRestrictions } from '../../../../shared/domain/restrictions.ts';
import { Secret } from '../../../../shared/domain/secret.ts';
import { BUCKET, OLD_KEY, OTHER_LOGS_ID } from '../../../simulation/small-world.ts';
import { aPlatformWorld, LOGS_ID } from '../platform-world.ts';

const KEEPER = '198.51.100.7';
const COS_ID = '33333333-1111-4222-8333-444444444444';
const ALL = CLOUDFLARE_RANGES.ipv4;
const ALWAYS = 75;
const VIEWER = [{ service: 'context-based-restrictions', roles: ['Viewer'] }];

type PlatformWorld = ReturnType<typeof aPlatformWorld>;
type Restriction = Parameters<PlatformWorld['world']['restrictions']['add']>[0];

const restrict = ({ world, accountId }: PlatformWorld, more: Partial<Restriction>): void =>
  world.restrictions.add({
    id: 'r1',
    accountId,
    service: 'logs',
    enforcement: 'enabled',
    addresses: [],
    ...more,
  });

/** What the keeper's own try with the key of the jobs says. */
async function tries({ world, clock, services }: PlatformWorld, destination: 'cloud-logs' | 'cos') {
  const granted = world.iam.grantToken(world.keyValue(OLD_KEY), clock.now());
  const token = new Secret(granted.ok ? granted.token : '');
  const place = { region: 'eu-de', instanceId: LOGS_ID };
  if (destination === 'cos') {
    const bucket = { ...place, kind: 'cos', bucket: BUCKET, path: 'http', dailySubfolder: true } as const;
    return clock.run(services.cos.writeTestObject(bucket, token, clock.now()));
  }
  return clock.run(
    services.cloudLogs.send({ kind: 'cloud-logs', ...place }, token, {
      applicationName: 'logpush-keeper',
      subsystemName: 'canary',
      severity: 3,
      timestamp: clock.now(),
      text: { kind: 'canary' },
    }),
  );
}

describe.each([
  ['logs', 'cloud-logs', LOGS_ID],
  ['cloud-object-storage', 'cos', COS_ID],
] as const)('on %s', (service, destination, instance) => {
  const aWorld = () => aPlatformWorld({ destination });

  test.each<readonly [string, Partial<Restriction>, number, string]>([
    ['lets nobody through', {}, ALWAYS, 'no'],
    ['lets the keeper through', { addresses: [KEEPER] }, ALWAYS, 'yes'],
    ['lets Cloudflare through', { addresses: ALL }, 0, 'no'],
    ['lets all but one of Cloudflare’s ranges through', { addresses: [KEEPER, ...ALL.slice(1)] }, 5, 'yes'],
    ['is disabled', { enforcement: 'disabled' }, 0, 'yes'],
    ['only reports', { enforcement: 'report' }, 0, 'yes'],
    ['is about this instance', { instance }, ALWAYS, 'no'],
    ['is about another instance', { instance: OTHER_LOGS_ID }, 0, 'yes'],
    ['is about another account', { accountId: '0'.repeat(32) }, 0, 'yes'],
  ])('a restriction that %s', async (_, restriction, refused, verdict) => {
    const world = aWorld();
    expect(world.refusals()).toBe(0);
    restrict(world, { service, ...restriction });
    expect(world.refusals()).toBe(refused);
    expect((await tries(world, destination)).verdict).toBe(verdict);
  });

  test('two restrictions refuse what either of them refuses', () => {
    const world = aWorld();
    restrict(world, { service, addresses: ALL.slice(1) });
    restrict(world, { service, id: 'r2', addresses: ALL.slice(0, -1) });
    expect(world.refusals()).toBe(10);
  });

  test('a restriction may be there from the start, be changed and be removed', () => {
    const world = aPlatformWorld({
      destination,
      change: ({ accounts }) =>
        accounts[0]?.restrictions.push({ id: 'r1', service, enforcement: 'enabled', addresses: [] }),
    });
    expect(world.refusals()).toBe(ALWAYS);
    restrict(world, { service, addresses: ALL });
    expect(world.refusals()).toBe(0);
    restrict(world, { service });
    expect(world.refusals()).toBe(ALWAYS);
    world.world.restrictions.remove('r1');
    expect(world.refusals()).toBe(0);
    expect(() => world.world.restrictions.remove('r1')).toThrow('no restriction r1');
  });

  test('our clients and the judgement tell what will happen', async () => {
    const lists = [[], ['192.0.2.0/24'], ALL, ALL.slice(1), ALL.slice(0, 2), ['0.0.0.0/1', '128.0.0.0/1']];
    for (const addresses of lists) {
      const world = aPlatformWorld({ destination, policies: VIEWER });
      restrict(world, { service, addresses, instance });
      const { clock, services, accountId } = world;
      const look = await clock.run(services.restrictions('edge').list(accountId, service));
      const restrictions = look.verdict === 'yes' ? look.restrictions : [];
      const place = { instanceId: instance, region: 'eu-de' };
      const bucket = destination === 'cos' ? { bucket: BUCKET } : {};
      const refused = world.refusals();
      const truth = refused === 0 ? 'passes' : refused === ALWAYS ? 'refuses' : 'partly';
      expect(judgeRestrictions(restrictions, { ...place, ...bucket }).verdict).toBe(truth);
    }
  });
});

test('a bucket may have a restriction of its own', () => {
  const world = aPlatformWorld({ destination: 'cos' });
  restrict(world, { service: 'cloud-object-storage', bucket: 'another' });
  expect(world.refusals()).toBe(0);
  restrict(world, { service: 'cloud-object-storage', bucket: BUCKET });
  expect(world.refusals()).toBe(ALWAYS);
});

test('changes act after the delay of the world', () => {
  const world = aPlatformWorld({ settings: { restrictions: { delaySeconds: 300 } } });
  restrict(world, {});
  expect(world.refusals(4)).toBe(0);
  expect(world.refusals(4)).toBe(4);
  world.world.restrictions.remove('r1');
  expect(world.refusals(4)).toBe(4);
  expect(world.refusals(4)).toBe(0);
});

describe('a Cloud Logs instance', () => {
  test.each<readonly ['pending_reclamation' | 'removed', object, string]>([
    ['pending_reclamation', {}, 'unknown'],
    ['removed', {}, 'unknown'],
    ['removed', { cloudLogs: { inactiveStatus: 403 } }, 'no'],
  ])('that is %s takes nothing (%j)', async (state, settings, verdict) => {
    const world = aPlatformWorld({ settings });
    expect(world.refusals()).toBe(0);
    world.world.cloudLogs.change(LOGS_ID, (instance) => (instance.state = state));
    expect(world.refusals()).toBe(ALWAYS);
    expect((await tries(world, 'cloud-logs')).verdict).toBe(verdict);
    world.world.cloudLogs.change(LOGS_ID, (instance) => (instance.state = 'active'));
    expect(world.refusals()).toBe(0);
  });

  test('that is private takes nothing on its public host', async () => {
    const world = aPlatformWorld({
      change: ({ cloudLogs }) => cloudLogs[0] && (cloudLogs[0].privateOnly = true),
    });
    expect(world.refusals()).toBe(ALWAYS);
    expect(await tries(world, 'cloud-logs')).toEqual({ verdict: 'no', status: 403 });
    world.world.cloudLogs.change(LOGS_ID, (instance) => (instance.privateOnly = false));
    expect(world.refusals()).toBe(0);
  });

  test('may be gone from the start, which our client sees', async () => {
    const world = aPlatformWorld({
      policies: [{ service: 'logs', roles: ['Viewer'] }],
      change: ({ cloudLogs }) => cloudLogs[0] && (cloudLogs[0].state = 'removed'),
    });
    const { clock, services } = world;
    expect(await clock.run(services.resources('edge').instance(LOGS_ID))).toMatchObject({
      verdict: 'yes',
      instance: { state: 'removed', privateOnly: false, region: 'eu-de' },
    });
    expect(await clock.run(services.resources('edge').list('logs'))).toMatchObject({
      verdict: 'yes',
      instances: [{ guid: OTHER_LOGS_ID }],
    });
  });

  test('that does not exist cannot be changed', () => {
    expect(() => aPlatformWorld().world.cloudLogs.change('none', () => {})).toThrow(
      'no Cloud Logs instance none',
    );
  });
});

describe('who may see restrictions', () => {
  const RULES = '/cbr/v1/rules';
  const zoneOf = (body: unknown): string =>
    /"networkZoneId","value":"(\w+)"/.exec(JSON.stringify(body))?.[1] ?? '';

  test.each(['Viewer', 'Editor', 'Administrator'])('%s of the service', async (role) => {
    const world = aPlatformWorld({ policies: [{ service: 'context-based-restrictions', roles: [role] }] });
    restrict(world, { addresses: [KEEPER, '192.0.2.0/24'] });
    restrict(world, { id: 'r2', service: 'cloud-object-storage', bucket: BUCKET });
    const query = `?account_id=${world.accountId}`;
    expect((await world.get(`${RULES}${query}`)).body).toMatchObject({ count: 2 });
    const { body } = await world.get(`${RULES}${query}&service_name=logs`);
    expect(body).toMatchObject({ count: 1, rules: [{ id: 'r1', enforcement_mode: 'enabled' }] });
    expect((await world.get(`/cbr/v1/zones/${zoneOf(body)}`)).body).toMatchObject({
      addresses: [
        { type: 'ipAddress', value: KEEPER },
        { type: 'subnet', value: '192.0.2.0/24' },
      ],
    });
    expect((await world.get('/cbr/v1/zones/none')).status).toBe(404);
    expect((await world.get(RULES)).status).toBe(400);
    expect((await world.get(`${RULES}${query}`, 'Bearer nobody')).status).toBe(401);
  });

  test.each([
    ['Operator of the service', [{ service: 'context-based-restrictions', roles: ['Operator'] }]],
    ['Viewer of all services but IAM’s own', [{ roles: ['Viewer'] }]],
    ['nobody', []],
  ])('not %s', async (_, policies) => {
    const world = aPlatformWorld({ policies });
    restrict(world, { addresses: [KEEPER] });
    expect((await world.get(`${RULES}?account_id=${world.accountId}`)).status).toBe(403);
    const viewer = aPlatformWorld({ policies: VIEWER });
    restrict(viewer, { addresses: [KEEPER] });
    const { body } = await viewer.get(`${RULES}?account_id=${viewer.accountId}`);
    expect((await world.get(`/cbr/v1/zones/${zoneOf(body)}`)).status).toBe(403);
  });

  test('where a world shows an empty list in place of a refusal', async () => {
    const world = aPlatformWorld({ settings: { restrictions: { withoutRight: 'empty' } } });
    restrict(world, {});
    const { clock, services, accountId } = world;
    expect(await clock.run(services.restrictions('edge').list(accountId, 'logs'))).toEqual({
      verdict: 'yes',
      restrictions: [],
    });
  });

  test('in other accounts needs a role there', async () => {
    const world = aPlatformWorld({ policies: VIEWER });
    expect((await world.get(`${RULES}?account_id=${'0'.repeat(32)}`)).status).toBe(403);
  });
});
