import { expect, test } from 'vitest';
import type { FaultResponse } from '../../../infra/local/faults.ts';
import { aFleet } from './fleet.ts';
import { killedAgain, killedAtEachStep, Reaper } from './reaper.ts';
import { aSite, type Site } from './site.ts';

test('killed after every effect of apply, and of destroy, it ends as if it never had been', async () => {
  const whole = aSite();
  expect(await whole.deploy('apply')).toMatchObject({ code: 0 });
  const reaper = new Reaper();
  const site = aSite(reaper.options);

  const runs = await killedAtEachStep(site, reaper, 'apply');

  expect(runs).toBeGreaterThan(20);
  expect(site.end()).toEqual(whole.end());
  reaper.left = Number.POSITIVE_INFINITY;
  expect(await site.deploy('plan')).toMatchObject({ code: 0 });
  await killedAtEachStep(site, reaper, 'destroy', '--yes');
  site.clock.advance(60_000);
  expect(site.end()).toEqual(aSite().end());
});

test('so does a fleet of several accounts, killed every few effects', async () => {
  const whole = aFleet();
  const before = whole.end();
  expect(await whole.deploy('apply')).toMatchObject({ code: 0 });
  const reaper = new Reaper();
  const site = aFleet(reaper.options);
  const effects = (runs: number): number => 9 + (runs % 9);

  expect(await killedAgain(site, reaper, effects, ['apply'])).toBeGreaterThan(8);

  expect(site.end()).toEqual(whole.end());
  await killedAgain(site, reaper, effects, ['destroy', '--yes']);
  site.clock.advance(60_000);
  expect(site.end()).toEqual(before);
});

test('killed right after it had made the project it goes on in it, and destroy leaves what nobody can say is ours', async () => {
  const reaper = new Reaper();
  const site = aSite(reaper.options);
  reaper.left = 1;
  expect((await site.deploy('apply')).err).toContain('unexpected Killed');
  reaper.left = Number.POSITIVE_INFINITY;
  expect(await site.deploy('apply')).toMatchObject({ code: 0, err: '' });

  expect((await site.deploy('destroy', '--yes')).out).toContain('The project stays.');

  site.clock.advance(60_000);
  expect(site.end()).toEqual(['edge-logs', ...aSite().end()].toSorted());
});

/** Every call that makes something. */
const CREATES = [
  ['code-engine', 'createProject'],
  ['code-engine', 'createConfigMap'],
  ['code-engine', 'replaceConfigMap'],
  ['code-engine', 'createSecret'],
  ['code-engine', 'createJob'],
  ['code-engine', 'createFunction'],
  ['iam', 'createProfile'],
  ['iam', 'createLink'],
  ['iam', 'createV2Policy'],
  ['cis', 'createAlertWebhook'],
  ['cis', 'createAlertPolicy'],
] as const;

const RESPONSES: readonly FaultResponse[] = [
  { kind: 'lost-answer' },
  { kind: 'refused' },
  { kind: 'timeout' },
  { kind: 'status', status: 429, retryAfterSeconds: 7 },
  { kind: 'status', status: 503 },
  { kind: 'status-after-effect', status: 502 },
  { kind: 'nonsense' },
];

test.each(RESPONSES)('a first call of every kind that ends with %o leaves nothing twice', async (respond) => {
  const whole = aSite();
  expect(await whole.deploy('apply')).toMatchObject({ code: 0 });
  const site = aSite();
  for (const [service, operation] of CREATES)
    site.world.faults.add({ match: { service, operation }, after: 0, times: 1, respond });

  let runs = 1;
  while ((await site.deploy('apply')).code !== 0) {
    runs += 1;
    expect(runs).toBeLessThan(CREATES.length + 2);
  }

  expect(site.end()).toEqual(whole.end());
});

test('a look that shows everything as it was before the last deployment leaves nothing twice, and no change undone', async () => {
  const timeout = ({ files }: Site, seconds: number): void =>
    void files.set(
      'manifest.yml',
      (files.get('manifest.yml') ?? '').replace(/timeout: \d00/, `timeout: ${seconds}`),
    );
  const applied = async (site: Site): Promise<void> =>
    expect(await site.deploy('apply')).toMatchObject({ code: 0, err: '' });
  const whole = aSite();
  await applied(whole);
  const first = whole.world.calls.length;
  timeout(whole, 600);
  await applied(whole);
  const second = whole.world.calls.slice(first);
  timeout(whole, 700);
  await applied(whole);
  const site = aSite();
  await applied(site);
  timeout(site, 600);
  for (const { service, operation } of second.filter(({ method }) => method === 'GET')) {
    const match = { service, operation };
    const after = second.filter((call) => call.operation === operation && call.service === service).length;
    site.world.faults.add({ match, after, times: 1, respond: { kind: 'stale' } });
  }
  await applied(site);

  timeout(site, 700);
  for (let runs = 1; (await site.deploy('apply')).code !== 0; runs += 1) expect(runs).toBeLessThan(8);

  site.world.faults.clear();
  expect(await site.deploy('plan')).toMatchObject({ code: 0, err: '' });
  expect(site.end()).toEqual(whole.end());
});

test('of two deployments at once one goes on, and the other one stops', async () => {
  const whole = aSite();
  expect(await whole.deploy('apply')).toMatchObject({ code: 0 });
  let second: Promise<{ readonly code: number; readonly err: string }> | undefined;
  const site = aSite({
    wrapTransport: (inner) => ({
      send: async (request) => {
        // The other one has read the world and is about to write; this one begins.
        if (second === undefined && request.url.includes('/v1/profiles') && request.method === 'POST')
          second = other();
        return inner.send(request);
      },
    }),
  });
  const other = () => site.start('apply');

  const first = await site.deploy('apply');
  const last = await second;

  expect(new Set([first.code, last?.code])).toEqual(new Set([0, 1]));
  const loser = first.code === 1 ? first.err : last?.err;
  expect(loser).toContain('another deployment of project edge-logs is at work');
  expect(site.end()).toEqual(whole.end());
});
