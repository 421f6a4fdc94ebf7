import { expect, test } from 'vitest';
import { NoProgramError } from '../../../infra/code-engine/ports.ts';
import { aSite, type Site, type SiteOptions, SMALL } from './site.ts';

const EDGE = '9989c32096219819f54f6ed1c559e016';

/** What apply says where something is wrong before anything is done; nothing may be made. */
async function refused(change: (site: Site) => void, options: SiteOptions = {}): Promise<string> {
  const site = aSite(options);
  change(site);
  const before = site.end();
  const { code, err } = await site.deploy('apply');
  expect(code).toBe(1);
  expect(site.end()).toEqual(before);
  for (const secret of site.world.secretValues()) expect(err).not.toContain(secret);
  return err;
}

const edit = (file: string, by: (text: string) => string) => (site: Site) =>
  void site.files.set(file, by(site.files.get(file) ?? ''));

const ABSENT = { run: () => Promise.reject(new NoProgramError('ibmcloud', 'absent')) };

/** What is wrong, and what is said of it. */
const CASES: readonly (readonly [string, (site: Site) => void, readonly string[], SiteOptions?])[] = [
  [
    'a variable of a secret is not set',
    ({ env }) => void delete env['NOTIFY_TOKEN'],
    ['manifest.yml:8:42: the environment variable NOTIFY_TOKEN is not set'],
  ],
  [
    'there is no key to the account',
    ({ env }) => void delete env['IBMCLOUD_API_KEY_EDGE'],
    ['no credential for account "edge": neither IBMCLOUD_API_KEY_EDGE nor IBMCLOUD_API_KEY is set'],
  ],
  [
    'the ledger is a folder',
    edit('keeper.yml', (text) => text.replace(/^ledger: .*$/m, 'ledger: file:./.keeper')),
    ['keeper.yml:3:9: on Code Engine the ledger cannot be a folder', 'fix: write cos://BUCKET/PREFIX'],
  ],
  [
    'the URL of a channel is in a file of this machine',
    edit('keeper.yml', (text) => `${text}notify:\n  webhook: { url: { file: ./hook } }\n`),
    ['jobs on Code Engine do not have this file', 'fix: write { env: NAME }'],
  ],
  [
    'no job is given the URL of a channel',
    edit('keeper.yml', (text) => `${text}notify:\n  webhook: { url: { env: KEEPER_WEBHOOK_URL } }\n`),
    ['the manifest gives this variable not to rotate-keys', 'name that under envFrom of each job'],
  ],
  [
    'nothing was built',
    ({ files }) => void files.delete('out/webhook/main.js'),
    ['out/webhook/main.js: the bundle is not there', 'fix: run npm run build first'],
  ],
  [
    'the bundle is too large',
    ({ files }) => void files.set('out/webhook/main.js', 'x'.repeat(80_000)),
    ['in base64, and Code Engine takes 100000'],
  ],
  [
    'the runtime is deprecated',
    edit('manifest.yml', (text) =>
      text.replace('webhook.ts, runtime: nodejs-24', 'webhook.ts, runtime: nodejs-20'),
    ),
    ['runtime nodejs-20 of function webhook is deprecated'],
  ],
  [
    'the ring bucket is in another region',
    edit('manifest.yml', (text) => text.replace('region: us-south', 'region: eu-de')),
    ['there is no bucket rings in region eu-de', 'a bucket that is regional, in eu-de'],
  ],
  [
    'the fleet cannot be seen',
    ({ world }) =>
      world.faults.add({
        match: { service: 'cos', operation: 'getBucketConfig' },
        after: 0,
        times: null,
        respond: { kind: 'status', status: 403 },
      }),
    ['which rights the functions need cannot be told', 'the bucket of the ledger, ledger, cannot be read'],
  ],
  [
    'ibmcloud is not there',
    () => {},
    ['the program ibmcloud is not on the PATH', 'use --driver print'],
    { wrapSubprocess: () => ABSENT },
  ],
];

for (const [what, change, said, options] of CASES)
  test(`nothing is done when ${what}`, async () => {
    const err = await refused(change, options);
    for (const text of said) expect(err).toContain(text);
  });

test('what others have made under our names is left alone, and nothing is done', async () => {
  const err = await refused(({ world }) => {
    const { id } = world.codeEngine.projects.add({
      name: 'edge-logs',
      accountId: EDGE,
      region: 'us-south',
      resourceGroupId: `default-of-${EDGE}`,
    });
    world.codeEngine.configMaps.add(id, 'keeper', { data: { a: 'b' } });
    world.iam.profiles.create({ name: 'lpk-edge-logs-webhook', accountId: EDGE, description: 'mine' });
  });
  expect(err).toMatch(
    /^trusted profile lpk-edge-logs-webhook in account edge \(Profile-.*\) is there, and this deployment has not made it: delete it/,
  );
  expect(err).toContain('config map keeper (');
});

test('an alert that CIS does not know is told, and everything else is made', async () => {
  const site = aSite({ change: (file) => void (file.settings.alerting.failingJobAlert = 'refuse') });
  const applied = await site.deploy('apply');
  expect(applied).toMatchObject({ code: 0, err: '' });
  expect(applied.out).toContain(
    'CIS alert policy lpk-edge-logs of e62e2ea9-4d83-466f-8278-c975d967be57 was not made',
  );
  const planned = await site.deploy('plan');
  expect(planned).toMatchObject({ code: 0 });
  expect(planned.out).toContain('is not there: IBM Cloud refused it (400)');
  expect(await site.deploy('status')).toMatchObject({ code: 0 });
});

test('an IAM whose version 2 knows no authorizations gets them in version 1', async () => {
  const site = aSite({ change: (file) => void (file.settings.iam.authorizationsV2 = 'refuse') });
  expect(await site.deploy('apply')).toMatchObject({ code: 0, err: '' });
  expect(await site.deploy('plan')).toMatchObject({ code: 0 });
  expect(await site.deploy('destroy', '--yes')).toMatchObject({ code: 0, err: '' });
  site.clock.advance(60_000);
  expect(site.end()).toEqual(aSite().end());
});

test('without the command line the commands are printed, and count as still to do', async () => {
  const site = aSite({ wrapSubprocess: () => ({ run: () => Promise.reject(new Error('not to be run')) }) });

  const applied = await site.deploy('apply', '--driver', 'print');

  expect(applied).toMatchObject({ code: 0, err: '' });
  expect(applied.out.split('\n\n').at(-1)).toMatchInlineSnapshot(`
    "ibmcloud login --apikey @KEYFILE -r us-south
    ibmcloud ce project select --name edge-logs
    if ibmcloud ce sub cron get --name keeper-by-schedule >/dev/null 2>&1; then ibmcloud ce sub cron update --name keeper-by-schedule --destination rotate-keys --destination-type job --schedule '7 * * * *' --time-zone UTC --data '{"why":"schedule"}' --content-type application/json; else ibmcloud ce sub cron create --name keeper-by-schedule --destination rotate-keys --destination-type job --schedule '7 * * * *' --time-zone UTC --data '{"why":"schedule"}' --content-type application/json; fi
    ibmcloud ce sub cos delete --name keeper-by-alert --force --ignore-not-found && ibmcloud ce sub cos create --name keeper-by-alert --destination rotate-keys --destination-type job --bucket rings --event-type write --prefix rings/alert/
    "
  `);
  expect(await site.deploy('plan', '--driver', 'print')).toMatchObject({ code: 2 });
  expect((await site.deploy('destroy', '--driver', 'print')).out).toContain(
    'ibmcloud ce sub cron delete --name keeper-by-schedule --force --ignore-not-found',
  );
});

test('status tells what is there, and what is not', async () => {
  const site = aSite();
  expect(await site.deploy('status')).toEqual({
    code: 2,
    out: 'project edge-logs in us-south: there is none; nothing was deployed, or edge-logs-deploy-state is gone\n',
    err: '',
  });
  await site.deploy('apply');
  expect(await site.deploy('status')).toMatchObject({ code: 0, err: '' });
  const [project] = site.world.codeEngine.projects.list(EDGE);
  site.world.codeEngine.jobs.remove(project?.id ?? '', 'rotate-keys', site.clock.now());
  const { code, out } = await site.deploy('status');
  expect(code).toBe(2);
  expect(out).toContain('  missing   job rotate-keys\n');
  expect(out).toContain('  there     function webhook\n');
});

test('check looks at the files alone; what is not meant is refused', async () => {
  const site = aSite();
  expect(await site.deploy('check')).toMatchObject({ code: 0, err: '' });
  expect((await site.deploy('schema')).out).toContain('code-engine/v1');
  expect(await site.deploy('apply', '--yes')).toMatchObject({
    code: 1,
    err: '--yes does not go with apply\n',
  });
  expect(await site.deploy('plan', '--driver', 'kube')).toMatchObject({
    code: 1,
    err: '--driver is cli or print\n',
  });
  expect((await site.deploy('undo')).err).toContain('usage: npm run deploy');
  expect(site.world.calls).toEqual([]);
});

test('roles of the account’s own hold exactly what is asked for', async () => {
  const manifest = SMALL.replace('region: us-south', 'region: us-south\n  roles: custom');
  const site = aSite({ manifest });
  expect(await site.deploy('apply')).toMatchObject({ code: 0, err: '' });
  const custom = site.world.iam.roles.customOf(EDGE);
  expect(custom.length).toBeGreaterThan(3);
  expect(await site.deploy('plan')).toMatchObject({ code: 0 });
  expect(await site.deploy('destroy', '--yes')).toMatchObject({ code: 0, err: '' });
  expect(site.world.iam.roles.customOf(EDGE)).toEqual([]);
});
