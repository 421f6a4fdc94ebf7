import { expect, test } from 'vitest';
import { VirtualClock } from '../../infra/local/clock.ts';
import { startInProcess } from '../../infra/local/code-engine/function-instance.ts';
import { InProcessTransport } from '../../infra/local/transport.ts';
import { World } from '../../infra/local/world.ts';
import { cisCrn } from '../../infra/local/world-file.ts';
import { TOKEN_FILE } from '../../shared/clients/tokens.ts';
import { minutes, seconds } from '../../shared/domain/time.ts';
import { systemRandom } from '../../shared/runtime/system.ts';
import { defineWebhook } from '../../shared/runtime/webhook/webhook.ts';
import { deployWebhook, STARTED, WEBHOOK_SECRET, webhookWorldFile } from '../support/deployed-webhook.ts';
import { HOSTILE, KNOWN } from '../support/hostile-requests.ts';

const CLOUD = 'http://127.0.0.1';

/** The webhook in virtual time, as many instances as its requests need. */
function rung(functions: object = {}) {
  const file = webhookWorldFile({ functions });
  const clock = new VirtualClock(file.startsAt);
  const lines: string[] = [];
  let instances = 0;
  const world: World = new World(file, {
    clock,
    seed: 1,
    startFunction: startInProcess((env, file) => {
      instances += 1;
      const main = defineWebhook({
        env: () => env,
        clock,
        random: systemRandom(),
        transport: new InProcessTransport(world.app, clock, 20),
        readFile: (path) => (path === TOKEN_FILE ? (file(path) ?? '') : ''),
        write: (line) => void lines.push(line),
      });
      return (args) => main(args);
    }),
  });
  world.codeEngine.runs.workloads = { runJob: async () => 0 };
  const deployed = deployWebhook(world, CLOUD, 'module.exports.main = () => ({});');
  const ring = async (): Promise<number> => {
    const headers = { 'content-type': 'application/json', 'cf-webhook-auth': WEBHOOK_SECRET };
    const request = new Request(`${deployed.endpoint}/alert`, { method: 'POST', headers, body: '{}' });
    return (await world.functions.fetch(request)).status;
  };
  const rings = (count: number) => clock.run(Promise.all(Array.from({ length: count }, ring)));
  const live = (ms: number) => clock.run(world.codeEngine.live(clock.now() + ms));
  return { world, clock, lines, ...deployed, ring, ringMany: rings, live, instances: () => instances };
}

test('a thousand rings within one minute, in a hundred instances at once, are one object and one run of each rule', async () => {
  const { world, ringMany, live, rings, runs, instances, lines } = rung();

  const statuses = await ringMany(1_000);
  await live(seconds(30));

  expect(new Set(statuses)).toEqual(new Set([202]));
  expect(instances()).toBeGreaterThanOrEqual(100);
  expect(lines.filter((line) => line.includes('"rung"'))).toHaveLength(1);
  expect(rings()).toEqual(['rings/alert/20260901T1000']);
  expect(runs().toSorted()).toEqual(STARTED);
  expect(world.codeEngine.events.deliveries).toHaveLength(STARTED.length);
});

test('the next minute rings once more, and a minute without a ring starts nothing', async () => {
  const { ringMany, live, rings, runs } = rung();
  await ringMany(20);
  await live(minutes(1));

  await ringMany(20);
  await live(minutes(3));

  expect(rings()).toEqual(['rings/alert/20260901T1000', 'rings/alert/20260901T1001']);
  expect(runs().toSorted()).toEqual([...STARTED, ...STARTED].toSorted());
});

test('without the right to write nothing rings, and CIS hears that it should try again', async () => {
  const { world, ring, clock, rings, runs, lines } = rung();
  const [profile] = world.iam.profiles.ofAccount(world.file.accounts[0]?.id ?? '');
  world.iam.removePolicy(profile?.iamId ?? '', 'cloud-object-storage');

  expect(await clock.run(ring())).toBe(503);

  expect(rings()).toEqual([]);
  expect(runs()).toEqual([]);
  expect(lines.join('')).toContain('403');
});

test('an alert of CIS rings, the test at the making of its webhook too; with another secret none is made', async () => {
  const { world, clock, endpoint, live, rings, runs } = rung();
  const { alerting } = world.cis;
  const accountId = world.file.accounts[0]?.id ?? '';
  const crn = cisCrn(accountId, 'dddd4444-0000-4000-8000-000000000001');
  world.cis.addInstance({ crn, accountId });
  const body = { name: 'keeper', url: `${endpoint}/alert` };
  expect(await clock.run(alerting.addWebhook(crn, { ...body, secret: 'TRACER-other' }))).toBeUndefined();
  expect(rings()).toEqual([]);

  const webhook = await clock.run(alerting.addWebhook(crn, { ...body, secret: WEBHOOK_SECRET }));
  expect(rings()).toHaveLength(1);
  alerting.addPolicy(crn, {
    name: 'logpush-disabled',
    enabled: true,
    alert_type: 'failing_logpush_job_disabled_alert',
    mechanisms: { webhooks: [{ id: webhook?.id ?? '' }] },
  });
  await live(minutes(2));
  const key = {
    instanceId: 'aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb',
    region: 'us-south',
    apiKey: 'TRACER-dead',
  };
  const job = world.cis.addJob({
    instanceCrn: crn,
    zoneId: '0f1e2d3c4b5a69788796a5b4c3d2e1f0',
    name: 'edge-http',
    dataset: 'http_requests',
    frequency: 'low',
    enabled: true,
    destination: key,
  });
  world.cis.disableFailing(job, clock.now());
  world.catchUp();
  await clock.run(alerting.settled());
  await live(minutes(1));

  expect(rings()).toHaveLength(2);
  expect(runs().toSorted()).toEqual([...STARTED, ...STARTED].toSorted());
  expect(world.events.filter(({ kind }) => kind === 'alert-delivered')).toHaveLength(2);
});

/** What IBM's pages say once so and once so, or leave open: the other reading of each. */
const READINGS = [
  {},
  { emptyQuery: 'absent' },
  { formUnfold: 'on' },
  { textBody: 'base64' },
  { multipart: 'reject' },
  { missingType: 'form' },
  { unlistedType: 'plain' },
  { unlistedType: 'refused' },
  { path: 'decoded' },
  { instances: 'always-cold' },
];

test.each(READINGS)(
  'nobody rings without the secret, and an alert does with it, where %o',
  async (reading) => {
    const { world, clock, endpoint, ring, rings } = rung(reading);
    const strangers = HOSTILE.filter(
      ([, { headers = KNOWN }]) => headers['cf-webhook-auth'] !== WEBHOOK_SECRET,
    );

    for (const [name, { method = 'POST', path = '/alert', headers = {}, body = '' }] of strangers) {
      const fields = Object.entries(headers).map(([field, value]) => [field, String(value)] as const);
      const request = { method, headers: Object.fromEntries(fields), body: String(body) };
      const { status } = await clock.run(world.functions.send(`${endpoint}${path}`, request));
      expect([400, 401, 413, 414, 431], name).toContain(status);
    }

    expect(strangers.length).toBeGreaterThanOrEqual(40);
    expect(rings()).toEqual([]);
    expect(await clock.run(ring())).toBe(202);
    expect(rings()).toHaveLength(1);
  },
);
