import { expect, test } from 'vitest';
import { deployed, EDGE, projectOf } from './deployed.ts';
import { aSite, type Site } from './site.ts';

const addProject = ({ world }: Site): void =>
  void world.codeEngine.projects.add({
    name: 'edge-logs',
    accountId: EDGE,
    region: 'us-south',
    resourceGroupId: `default-of-${EDGE}`,
  });

test('an empty project that somebody else has made stays, before a deployment and after one', async () => {
  const site = aSite();
  addProject(site);
  const before = site.end();
  expect(await site.deploy('destroy', '--yes')).toMatchObject({ code: 0, out: 'The project stays.\n' });
  expect(site.end()).toEqual(before);

  await site.deploy('apply');
  expect((await site.deploy('destroy', '--yes')).out).toContain('The project stays.\n');
  site.clock.advance(60_000);
  expect(site.end()).toEqual(before);
});

test.each([
  ['making was not answered', 'createProject', { kind: 'lost-answer' }],
  ['state could not be written at once', 'createConfigMap', { kind: 'status', status: 503 }],
] as const)('a project whose %s is ours all the same', async (_, operation, respond) => {
  const site = aSite();
  site.world.faults.add({ match: { service: 'code-engine', operation }, after: 0, times: 1, respond });
  expect(await site.deploy('apply')).toMatchObject({ code: 0, err: '' });
  expect((await site.deploy('destroy', '--yes')).out).toContain('project edge-logs deleted');
});

test('without its state nothing is taken away, and what bears its names is told', async () => {
  const site = await deployed();
  const { codeEngine } = site.world;
  codeEngine.configMaps.remove(projectOf(site.world).id, 'edge-logs-deploy-state', site.clock.now());
  site.clock.advance(60_000);
  const before = site.end();

  const { code, err } = await site.deploy('destroy', '--yes');

  expect(code).toBe(1);
  expect(err).toContain('there is no edge-logs-deploy-state that tells what was made');
  expect(err).toMatch(/^ {2}trusted profile lpk-edge-logs-rotate-keys \(Profile-.*\) in account edge$/m);
  expect(err).toMatch(/^ {2}CIS webhook lpk-edge-logs-[0-9a-f]{8} of /m);
  expect(err).toContain('  CIS alert policy lpk-edge-logs of ');
  expect(site.end()).toEqual(before);
  const planned = await site.deploy('plan');
  expect(planned).toMatchObject({ code: 1, out: '' });
  expect(await site.deploy('status')).toMatchObject({ code: 2 });
});

test('of a project that somebody has deleted is told what outlived it', async () => {
  const site = await deployed();
  site.world.codeEngine.projects.remove(projectOf(site.world), site.clock.now());
  const { code, out, err } = await site.deploy('destroy', '--yes');
  expect(code).toBe(1);
  expect(out).toBe('There is no project of this name.\n');
  expect(err).toContain('trusted profile lpk-edge-logs-webhook');
});

test('a state that was edited by hand stops everything, and nothing is changed', async () => {
  const site = await deployed();
  const { codeEngine } = site.world;
  codeEngine.configMaps.update(projectOf(site.world).id, 'edge-logs-deploy-state', {
    data: { 'state.json': '{"schema":1,"resources":[]}' },
  });
  const before = site.end();
  for (const args of [['plan'], ['apply'], ['status'], ['destroy', '--yes']]) {
    const { code, err } = await site.deploy(...args);
    expect(code).toBe(1);
    expect(err).toContain('config map edge-logs-deploy-state does not hold a state');
  }
  expect(site.end()).toEqual(before);
});

test('a CIS instance that is gone does not hold up what is taken away', async () => {
  const site = await deployed();
  site.world.faults.add({
    match: { service: 'cis' },
    after: 0,
    times: null,
    respond: { kind: 'status', status: 404 },
  });
  expect(await site.deploy('destroy', '--yes')).toMatchObject({ code: 0, err: '' });
});

test('to look and to take away needs no bundle', async () => {
  const site = await deployed();
  site.files.delete('out/webhook/main.js');
  expect(await site.deploy('status')).toMatchObject({ code: 0 });
  expect(await site.deploy('destroy', '--yes')).toMatchObject({ code: 0, err: '' });
});

test('what somebody puts into the project while it is taken away saves it', async () => {
  let put: (() => void) | undefined;
  const site = aSite({
    wrapTransport: (inner) => ({
      send: (request) => {
        if (request.method === 'DELETE' && request.url.includes('/config_maps/keeper')) put?.();
        return inner.send(request);
      },
    }),
  });
  await site.deploy('apply');
  const { codeEngine } = site.world;
  put = () => void codeEngine.configMaps.add(projectOf(site.world).id, 'theirs', { data: { a: 'b' } });

  const { out } = await site.deploy('destroy', '--yes');

  expect(out).toContain('It holds what this deployment has not made: config map theirs.');
  expect(codeEngine.configMaps.get(projectOf(site.world).id, 'theirs')).toBeDefined();
});
