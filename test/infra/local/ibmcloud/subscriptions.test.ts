import { expect, test } from 'vitest';
import { aProject, OBJECTS } from './tool-world.ts';

const CRON = 'ce sub cron create --name every --destination check --destination-type job';
const COS =
  'ce sub cos create --name rings --destination check --destination-type job --bucket ring-bucket --event-type write --prefix rings/alert/';

/** The project of the tool may ask the ring bucket's instance for notifications. */
async function authorize({ done, project }: Awaited<ReturnType<typeof aProject>>): Promise<void> {
  const instances = ['--source-service-instance-id', project.id, '--target-service-instance-id', OBJECTS];
  await done([
    'iam',
    'authorization-policy-create',
    'codeengine',
    'cloud-object-storage',
    'Notifications Manager',
    ...instances,
  ]);
}

test('a cron subscription is made, shown, changed and deleted', async () => {
  const { ibmcloud, json, done } = await aProject();
  await done([
    'ce',
    'sub',
    'cron',
    'create',
    '-n',
    'every',
    '-d',
    'check',
    '--dt',
    'job',
    '-s',
    '*/5 * * * *',
    '--data',
    '{"a":1}',
    '--ct',
    'application/json',
    '--ext',
    'xrun=1',
  ]);

  expect(await json('ce subscription cron get --name every')).toMatchObject({
    kind: 'PingSource',
    metadata: { name: 'every' },
    spec: {
      schedule: '*/5 * * * *',
      timezone: 'UTC',
      data: '{"a":1}',
      contentType: 'application/json',
      ceOverrides: { extensions: { xrun: '1' } },
      sink: { ref: { kind: 'JobDefinition', name: 'check' } },
    },
    status: { conditions: expect.arrayContaining([{ type: 'Ready', status: 'True' }]) },
  });
  expect((await ibmcloud(CRON)).stderr).toContain('exists');
  await done([
    'ce',
    'sub',
    'cron',
    'update',
    '-n',
    'every',
    '--schedule',
    '0 * * * *',
    '--extension-rm',
    'xrun',
  ]);
  const changed = (await json('ce sub cron list')).items[0];
  expect(changed.spec).toMatchObject({
    schedule: '0 * * * *',
    data: '{"a":1}',
    sink: { ref: { name: 'check' } },
  });
  expect(changed.spec).not.toHaveProperty('ceOverrides');
  expect((await ibmcloud('ce sub cron update -n other --tz UTC')).stderr).toContain('not found');
  expect((await ibmcloud('ce sub cron delete -n every')).stderr).toContain("'--force'");
  await done('ce sub cron delete -n every -f');
  expect((await ibmcloud('ce sub cron delete -n every -f')).stderr).toContain('not found');
  expect((await ibmcloud('ce sub cron delete -n every -f --ignore-not-found')).code).toBe(0);
});

test('the defaults are those of the tool: an app, and every minute', async () => {
  const { ibmcloud, json, done } = await aProject();

  expect((await ibmcloud('ce sub cron create --name every --destination check')).stderr).toContain(
    "app 'check' does not exist",
  );
  await done(CRON);

  expect(await json('ce sub cron get -n every')).toMatchObject({ spec: { schedule: '* * * * *' } });
});

test('what it does stands before the JSON, unless it is to be quiet', async () => {
  const { done } = await aProject();
  await done(CRON);

  expect(await done('ce sub cron get -n every -o json')).toMatch(
    /^Getting cron event subscription 'every'\.\.\.\nOK\n\n\{/,
  );
  expect(await done('ce sub cron get -n every -o json -q')).toMatch(/^\{/);
  expect(await done('ce sub cron get -n every')).toMatch(
    /Name: +every\n.*\n.*\nDestination Type: +job\nDestination: +check\nSchedule: +\* \* \* \* \*\nTime Zone: +UTC\nReady: +true/,
  );
  expect(await done('ce sub cron list')).toMatch(/every +true +job +check/);
});

test.each([
  ['--name Every', 'no name of a subscription'],
  ['--name every --schedule 7', 'five fields'],
  ['--name every --tz Mars/Olympus', 'time zone'],
  ['--name every --data a --data-base64 YQ==', 'exclude each other'],
  ['--name every --data [] --ct application/json', 'JSON object'],
  ['--name every --path /a', 'Only an app'],
  ['--name every --dt plane', "destination type 'plane'"],
  ['--name every --bucket b', 'not defined: --bucket'],
])('a cron subscription with %s is refused', async (flags, why) => {
  const { ibmcloud, json } = await aProject();

  const { code, stderr } = await ibmcloud(`ce sub cron create -d check --destination-type job ${flags}`);

  expect({ code, why: stderr }).toEqual({ code: 1, why: expect.stringContaining(why) });
  expect((await json('ce sub cron list')).items).toEqual([]);
});

test('a subscription of a bucket is ready once the project has its role, and then brings runs', async () => {
  const made = await aProject();
  const { ibmcloud, json, world, clock } = made;
  const refused = await ibmcloud(COS);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('Notifications Manager') });
  // It is there all the same.
  expect((await ibmcloud(COS)).stderr).toContain('exists');
  const conditions = (await json('ce sub cos get -n rings')).status.conditions;
  expect(conditions.map(({ type, status }: { type: string; status: string }) => [type, status])).toEqual([
    ['CosConfigured', 'False'],
    ['ReadyForEvents', 'False'],
    ['SinkProvided', 'True'],
    ['Ready', 'False'],
  ]);
  await authorize(made);
  expect((await json('ce sub cos get -n rings')).status.conditions.at(-1)).toEqual({
    type: 'Ready',
    status: 'True',
  });
  const granted = world.iam.grantToken(world.keyValue('deployer-key'), clock.now());
  const authorization = `Bearer ${granted.ok ? granted.token : ''}`;
  await world.app.request('/cos/us-south/ring-bucket/rings/alert/1', {
    method: 'PUT',
    headers: { authorization },
    body: 'x',
  });
  await clock.run(world.codeEngine.live(clock.now() + 10_000));

  expect(world.codeEngine.events.deliveries).toMatchObject([
    { subscription: 'cos rings', run: expect.any(String) },
  ]);
});

test('the bucket must be in the region of the project, and is never changed', async () => {
  const made = await aProject();
  const { ibmcloud, done } = made;
  await authorize(made);
  await done(COS);

  expect((await ibmcloud('ce sub cos update -n rings --bucket far-bucket')).stderr).toContain(
    'not defined: --bucket',
  );
  expect((await ibmcloud(COS.replace('rings', 'far').replace('ring-bucket', 'far-bucket'))).stderr).toContain(
    'regional bucket in us-south',
  );
  expect((await ibmcloud(COS.replace('type job', 'type function').replace('rings', 'fn'))).stderr).toContain(
    "destination type 'function'",
  );
  await done('ce sub cos update -n rings --event-type all --suffix .json');
  expect(await done('ce sub cos get -n rings')).toMatch(
    /Bucket: +ring-bucket\nEventType: +all\nReady: +true/,
  );
});

test('a destination that is missing is refused, or with --force waited for', async () => {
  const { ibmcloud, json, done } = await aProject();
  const line = 'ce sub cron create -n every -d absent --dt job';

  expect((await ibmcloud(line)).stderr).toContain("job 'absent' does not exist");
  expect((await ibmcloud(`${line} --force --wait-timeout 5`)).stderr).toContain('Sink not found');
  await done('ce sub cron delete -n every -f');
  await done(`${line} --force --no-wait`);

  expect((await json('ce sub cron get -n every')).status.conditions.at(-1)).toMatchObject({
    status: 'False',
  });
});

test('who may only read may not make any', async () => {
  const { ibmcloud, done } = await aProject();
  await done('login --apikey @onlooker.key');
  await done('ce project select --name keeper');

  expect((await ibmcloud(CRON)).stderr).toContain('(403)');
  expect((await ibmcloud('ce sub cron list')).code).toBe(0);
});
