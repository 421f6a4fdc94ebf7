import { expect, test } from 'vitest';
import { ACCOUNT, aProject, aTool, OBJECTS } from './tool-world.ts';

test.each([
  ['fly', "'fly' is not a registered command."],
  ['ce fly away', "'ce fly away' is not a registered command."],
  ['target --wings', 'flag provided but not defined: --wings'],
  ['target -wings', 'flag provided but not defined: -wings'],
  ['target -r', 'flag needs an argument: -r'],
  ['resource group a b', "unexpected argument 'b'"],
  ['plugin list --output yaml', "does not print 'yaml'"],
])('%s fails, and says why', async (line, why) => {
  const { ibmcloud } = aTool();

  const { code, stdout, stderr } = await ibmcloud(line);

  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^FAILED\n/);
  expect(stderr).toContain(why);
});

test('a login reads its key from a file, and holds for its own home only', async () => {
  const { ibmcloud, json } = aTool();
  expect((await ibmcloud('target')).stderr).toContain('Not logged in');

  expect((await ibmcloud('login --apikey @deployer.key -r eu-de -g Default')).code).toBe(0);

  expect(await json('target')).toMatchObject({ account: { guid: ACCOUNT }, region: { name: 'eu-de' } });
  expect((await ibmcloud('target', { IBMCLOUD_HOME: '/elsewhere' })).code).toBe(1);
  expect((await ibmcloud('login --apikey @nothing')).stderr).toContain('nothing');
  expect((await ibmcloud('login', { IBMCLOUD_API_KEY: 'unknown' })).stderr).toContain(
    'Unable to authenticate',
  );
  expect((await ibmcloud('target -r mars')).stderr).toContain("'mars'");
});

test('a home of its own has no plug-ins until they are installed', async () => {
  const { ibmcloud } = aTool();
  const home = { IBMCLOUD_HOME: '/home' };

  expect((await ibmcloud('ce project list', home)).stderr).toContain('ibmcloud plugin install code-engine');
  expect((await ibmcloud('plugin install code-engine -f', home)).code).toBe(0);
  expect((await ibmcloud('ce project list', home)).stderr).toContain('Not logged in');
});

test('a secret among the arguments fails the command, whatever it is, and is noted without the secret', async () => {
  const { world, ibmcloud, tool } = aTool();
  const secret = world.keyValue('deployer-key');

  for (const line of [`login --apikey ${secret}`, `ce secret create --name a --password=${secret}`]) {
    const { code, stdout, stderr } = await ibmcloud(line);
    expect(code).toBe(1);
    expect(`${stdout}${stderr}`).not.toContain(secret);
  }

  expect(tool.leaks).toEqual(['login --apikey', 'ce secret create --name a']);
});

test('a project is made, found and selected in the region that is targeted', async () => {
  const { done, json, ibmcloud, project } = await aProject();

  expect(await json('ce project get --name keeper')).toMatchObject({ name: 'keeper', id: project.id });
  expect(await json('ce project current')).toMatchObject({ guid: project.id });
  expect(await json('ce project list')).toHaveLength(1);
  expect((await ibmcloud('ce project create --name keeper')).stderr).toContain('(409)');
  await done('target -r eu-de');
  expect((await ibmcloud('ce project select --name keeper')).stderr).toContain('not found in region eu-de');
  expect((await ibmcloud('ce job list')).stderr).toContain('No project is selected');
});

test('jobs, functions and runs are shown as the API tells them', async () => {
  const { done, json, ibmcloud, world, clock } = await aProject();
  world.codeEngine.images.register('us.icr.io/keeper/image:1', ['node check/main.js']);
  const seen: unknown[] = [];
  world.codeEngine.runs.workloads = {
    runJob: async ({ env }) => {
      seen.push(env['MODE']);
      return 0;
    },
  };

  expect((await json('ce job list')).items).toMatchObject([{ name: 'check' }]);
  expect(await json('ce job get -n check')).toMatchObject({ run_arguments: ['check/main.js'] });
  expect((await json('ce fn list')).items).toEqual([]);
  expect((await ibmcloud('ce fn get --name webhook')).code).toBe(1);
  const run = await json('ce jobrun submit --job check --env MODE=observe');
  await clock.run(world.codeEngine.live(clock.now() + 60_000));
  expect(await json(`ce jobrun get --name ${run.name}`)).toMatchObject({ status: 'completed' });
  expect((await json('ce jobrun list --job check')).items).toHaveLength(1);
  expect((await json('ce jobrun list --job other')).items).toEqual([]);
  expect(await done(`ce jobrun logs --name ${run.name}`)).toContain('completed');
  expect(seen).toEqual(['observe']);
});

test('an image is built from a folder with a Dockerfile, into a namespace of the account', async () => {
  const { done, ibmcloud, disk, world } = await aProject();
  const build =
    'ce buildrun submit --source app --strategy dockerfile --image us.icr.io/keeper/image:2 --wait';
  disk.set('app/check/main.js', '');
  expect((await ibmcloud(build)).stderr).toContain('no Dockerfile');
  disk.set('app/Dockerfile', 'FROM scratch');
  expect((await ibmcloud(build)).stderr).toContain('namespace keeper does not exist');
  await done('cr region-set us-south');
  expect(await done('cr namespace-add keeper')).toContain('Successfully added');
  expect(await done('cr namespace-add keeper')).toContain('already own');

  await done(build);

  expect(world.codeEngine.images.find('us.icr.io/keeper/image:2', ['node', 'check/main.js'])).toBe('found');
  expect(world.codeEngine.images.find('us.icr.io/keeper/image:2', ['node', 'other/main.js'])).toBe(
    'no-command',
  );
  disk.set('repo/Dockerfile', 'RUN npm run build');
  disk.set('repo/functions/verify.ts', '');
  await done(build.replace('app', 'repo'));
  expect(world.codeEngine.images.find('us.icr.io/keeper/image:2', ['node', 'verify/main.js'])).toBe('found');
});

test('a registry secret takes its password from a file', async () => {
  const { done, ibmcloud, disk, world, project } = await aProject();
  disk.set('password', 'TRACER-pull\n');
  const line =
    'ce secret create --name pull --format registry --server us.icr.io --password-from-file password';

  expect(await done(line)).not.toContain('TRACER');

  expect(world.codeEngine.secrets.get(project.id, 'pull')?.spec).toMatchObject({
    format: 'registry',
    data: { username: 'iamapikey', password: 'TRACER-pull', server: 'us.icr.io' },
  });
  expect((await ibmcloud(line)).stderr).toContain('(409)');
});

test('an instance, a bucket in it and what becomes of its old objects', async () => {
  const { done, json, ibmcloud, world, disk } = await aProject();
  const made = await json('resource service-instance-create rings cloud-object-storage standard global');
  expect(await json('resource service-instance rings')).toMatchObject([{ id: made.id, guid: made.guid }]);
  const create = `cos bucket-create --bucket lpk-rings --ibm-service-instance-id ${made.guid} --region us-south`;
  await done(create);
  expect((await ibmcloud(create)).stderr).toContain('(409)');
  disk.set(
    'rules.json',
    '{"Rules":[{"ID":"rings","Status":"Enabled","Filter":{"Prefix":"rings/"},"Expiration":{"Days":1}}]}',
  );
  await done(
    'cos bucket-lifecycle-configuration-put --bucket lpk-rings --lifecycle-configuration file://rules.json --region us-south',
  );

  const bucket = world.cos.configured('lpk-rings');
  expect(bucket).toMatchObject({ location: 'us-south', instanceId: made.guid });
  expect(bucket?.lifecycle).toEqual([{ id: 'rings', prefix: 'rings/', enabled: true, expireDays: 1 }]);
  expect(await done(`cos buckets --ibm-service-instance-id ${made.guid}`)).toContain('lpk-rings');
});

test('keys, service IDs, authorizations, groups and CIS instances', async () => {
  const { done, json, disk, world, ibmcloud, project } = await aProject();
  expect(await done('iam api-key-create new --file key.json')).not.toContain('TRACER');
  expect(JSON.parse(disk.get('key.json') ?? '')).toMatchObject({ name: 'new', apikey: expect.any(String) });
  expect(await json('iam service-id-create sender')).toMatchObject({
    iam_id: expect.stringMatching(/^iam-ServiceId-/),
  });
  const instances = `--source-service-instance-id ${project.id} --target-service-instance-id ${OBJECTS}`;
  await done([
    'iam',
    'authorization-policy-create',
    'codeengine',
    'cloud-object-storage',
    'Notifications Manager',
    ...instances.split(' '),
  ]);
  expect(
    world.iam.isAuthorized(
      'codeengine',
      project.id,
      'cloud-object-storage',
      OBJECTS,
      'Notifications Manager',
    ),
  ).toBe(true);
  expect(
    (await ibmcloud(`iam authorization-policy-create codeengine cloud-object-storage Painter ${instances}`))
      .stderr,
  ).toContain("'Painter'");
  expect(await json('resource groups')).toMatchObject([{ name: 'Default', account_id: ACCOUNT }]);
  expect(await json('resource group Default')).toHaveLength(1);
  expect(await json('cis instances')).toMatchObject([{ name: 'shop' }]);
});
