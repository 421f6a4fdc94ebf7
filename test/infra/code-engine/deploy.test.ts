import { expect, test } from 'vitest';
import { cisCrn } from '../../../infra/local/world-file.ts';
import { deployed, EDGE, jobIn, projectOf, silent } from './deployed.ts';
import { aFleet } from './fleet.ts';
import { aSite, type Site } from './site.ts';

test('plan says what apply does, apply does it, and then there is nothing to do', async () => {
  const site = aSite();
  const before = site.end();

  const planned = await site.deploy('plan');

  expect(planned.code).toBe(2);
  expect(planned.out).toMatchInlineSnapshot(`
    "    + project edge-logs in us-south
        + trusted profile lpk-edge-logs-rotate-keys in account edge
        + trusted profile lpk-edge-logs-webhook in account edge
        + link of a trusted profile lpk-edge-logs-rotate-keys in account edge
        + link of a trusted profile lpk-edge-logs-webhook in account edge
        + access policy rotate-keys: internet-svcs e62e2ea9-4d83-466f-8278-c975d967be57 in account edge: Writer
        + access policy rotate-keys: iam-identity ServiceId-dda198a0-5acb-4ec6-8cf6-916bac88022f in account edge: Operator
        + access policy rotate-keys: secrets-manager default in account edge: Writer
        + access policy rotate-keys: cloud-object-storage ledger keeper/ in account edge: ContentReader, ObjectWriter
        + access policy webhook: cloud-object-storage rings rings/ in account edge: ObjectWriter
        + authorization Code Engine to Object Storage 3f2a1c00-0000-4000-8000-00000000c051 in account edge: NotificationsManager12cf
        + config map keeper
        + secret notify
        + secret keeper-webhook
        + job rotate-keys: icr.io/keeper/keeper@sha256:0123, 0.25 vCPU, 1G, at most 900 s
        + function webhook: nodejs-24, 0.25 vCPU, 1G, public
        + CIS webhook lpk-edge-logs-(known after apply) of e62e2ea9-4d83-466f-8278-c975d967be57
        + CIS alert policy lpk-edge-logs of e62e2ea9-4d83-466f-8278-c975d967be57: failing_logpush_job_disabled_alert
        + cron subscription keeper-by-schedule: "7 * * * *" UTC starts rotate-keys
        + Object Storage subscription keeper-by-alert: objects below rings/alert/ of rings start rotate-keys

    Plan: 20 to create, 0 to update, 0 to delete.
    "
  `);
  expect(site.end()).toEqual(before);
  const applied = await site.deploy('apply');
  expect(applied).toMatchObject({ code: 0, err: '' });
  expect(applied.out).toContain('job rotate-keys made\n');
  expect(await site.deploy('plan')).toEqual({
    code: 0,
    out: 'No changes: everything is as it is wanted.\n',
    err: '',
  });
  expect((await site.deploy('status')).out).toMatchInlineSnapshot(`
    "project edge-logs in us-south: active; revision 25 of what was deployed
      there     trusted profile lpk-edge-logs-rotate-keys in account edge
      there     trusted profile lpk-edge-logs-webhook in account edge
      there     link of a trusted profile lpk-edge-logs-rotate-keys in account edge
      there     link of a trusted profile lpk-edge-logs-webhook in account edge
      there     access policy rotate-keys: internet-svcs e62e2ea9-4d83-466f-8278-c975d967be57 in account edge
      there     access policy rotate-keys: iam-identity ServiceId-dda198a0-5acb-4ec6-8cf6-916bac88022f in account edge
      there     access policy rotate-keys: secrets-manager default in account edge
      there     access policy rotate-keys: cloud-object-storage ledger keeper/ in account edge
      there     access policy webhook: cloud-object-storage rings rings/ in account edge
      there     authorization Code Engine to Object Storage 3f2a1c00-0000-4000-8000-00000000c051 in account edge
      there     config map keeper
      there     secret notify
      there     secret keeper-webhook
      there     job rotate-keys
      there     function webhook
      there     CIS webhook lpk-edge-logs-8b461eeb of e62e2ea9-4d83-466f-8278-c975d967be57
      there     CIS alert policy lpk-edge-logs of e62e2ea9-4d83-466f-8278-c975d967be57
      there     cron subscription keeper-by-schedule
      there     Object Storage subscription keeper-by-alert
    "
  `);
  expect(await site.deploy('apply')).toMatchObject({
    code: 0,
    out: 'No changes: everything is as it is wanted.\n',
  });
});

test('what is deployed has what the functions need', async () => {
  const { world } = await deployed();
  const project = projectOf(world);
  const [profile] = world.iam.profiles
    .ofAccount(EDGE)
    .filter(({ name }) => name === 'lpk-edge-logs-rotate-keys');
  const job = world.codeEngine.jobs.get(project.id, 'rotate-keys')?.spec;
  expect(job).toMatchObject({
    run_commands: ['node'],
    run_arguments: ['rotate-keys/main.js'],
    run_compute_resource_token_enabled: true,
    run_volume_mounts: [{ mount_path: '/etc/keeper', reference: 'keeper', type: 'config_map' }],
    scale_max_execution_time: 900,
    scale_retry_limit: 1,
    run_env_variables: [
      { type: 'literal', name: 'KEEPER_CONFIG', value: '/etc/keeper/keeper.yml' },
      { type: 'literal', name: 'KEEPER_PROFILES', value: `edge=${profile?.id}` },
      { type: 'literal', name: 'KEEPER_SCHEDULES', value: 'rotate-keys=1h' },
      { type: 'literal', name: 'KEEPER_TIMEOUT', value: '900' },
      { type: 'secret_full_reference', reference: 'notify' },
    ],
  });
  const secret = world.codeEngine.secrets.get(project.id, 'keeper-webhook')?.spec.data;
  expect(secret?.['KEEPER_WEBHOOK_SECRET']).toMatch(/^[0-9a-f]{64}$/);
});

/** A project, and what other people have made in it and beside it: some of it looks like ours. */
function strangers({ world }: Site): void {
  const { codeEngine, iam, cis } = world;
  const { id } = codeEngine.projects.add({
    name: 'edge-logs',
    accountId: EDGE,
    region: 'us-south',
    resourceGroupId: `default-of-${EDGE}`,
  });
  codeEngine.configMaps.add(id, 'theirs', { data: { a: 'b' } });
  codeEngine.secrets.add(id, 'theirs', { format: 'generic', data: { a: 'TRACER-theirs' } });
  codeEngine.subscriptions.add(id, {
    kind: 'cron',
    name: 'keeper-theirs',
    destination: { type: 'job', name: 'rotate-keys' },
    schedule: '0 0 * * *',
    timezone: 'UTC',
  });
  const profile = iam.profiles.create({
    name: 'lpk-edge-logs-theirs',
    accountId: EDGE,
    description: 'managed-by=logpush-keeper by hand',
  });
  iam.policies.add({ accountId: EDGE, iamId: profile.iamId, service: 'logs', roles: ['Reader'] });
  const [cisInstance] = world.file.cis;
  cis.alerting.addPolicy(cisCrn(EDGE, cisInstance?.guid ?? ''), {
    name: 'theirs',
    enabled: true,
    alert_type: 'g6_health_alert',
    mechanisms: {},
  });
}

test('destroy leaves what was there before, and the project where it was', async () => {
  const site = aSite();
  strangers(site);
  const before = site.end();
  expect(await site.deploy('apply')).toMatchObject({ code: 0, err: '' });
  expect(site.end()).not.toEqual(before);

  const asked = await site.deploy('destroy');
  expect(asked).toMatchObject({ code: 2, err: 'nothing was done: --yes does it\n' });
  expect(asked.out).toContain('The project stays.\n');
  expect(await site.deploy('destroy', '--yes')).toMatchObject({ code: 0, err: '' });

  expect(site.end()).toEqual(before);
});

test('a project that apply has made goes with destroy, but not with what others have put into it', async () => {
  const site = await deployed();
  const project = projectOf(site.world);
  const theirs = site.world.codeEngine.jobs.add(project.id, 'theirs', {
    ...jobIn(site, 'rotate-keys'),
  });
  const kept = await site.deploy('destroy', '--yes');
  expect(kept.out).toContain('The project stays.\nIt holds what this deployment has not made: job theirs.\n');
  site.world.codeEngine.jobs.remove(project.id, theirs.name, site.clock.now());

  // It is empty now, and still known as our own.
  const gone = await site.deploy('destroy', '--yes');
  expect(gone).toMatchObject({ code: 0, err: '' });
  expect(gone.out).toContain('project edge-logs deleted');
  site.clock.advance(60_000);
  expect(site.end()).toEqual(aSite().end());
  expect((await site.deploy('apply')).err).toContain('stays taken for seven days');
});

test('--keep-project leaves the project there, empty', async () => {
  const site = await deployed();
  expect(await site.deploy('destroy', '--yes', '--keep-project')).toMatchObject({ code: 0, err: '' });
  site.clock.advance(60_000);
  expect(site.end()).toEqual(['edge-logs', ...aSite().end()].toSorted());
});

test('the manifest of this project goes to a fleet of several accounts, and goes away again', async () => {
  const site = aFleet();
  const before = site.end();
  expect(await site.deploy('apply')).toMatchObject({ code: 0, err: '' });
  expect(await site.deploy('plan')).toMatchObject({ code: 0 });

  const { iam, file, codeEngine } = site.world;
  const accounts = file.accounts.filter(({ keeper }) => keeper !== undefined);
  const links = accounts.flatMap(({ id, name }) =>
    iam.profiles
      .ofAccount(id)
      .flatMap((profile) =>
        iam.profiles
          .links(profile.id)
          .map(({ isCrossAccount = false }) => `${name} ${profile.name} ${isCrossAccount}`),
      ),
  );
  expect(links).toMatchInlineSnapshot(`
    [
      "edge lpk-logpush-keeper-check-logpush false",
      "edge lpk-logpush-keeper-reenable-logpush false",
      "edge lpk-logpush-keeper-rotate-keys false",
      "edge lpk-logpush-keeper-verify-buckets false",
      "edge lpk-logpush-keeper-ensure-logpush false",
      "edge lpk-logpush-keeper-webhook false",
      "audit lpk-logpush-keeper-check-logpush true",
      "audit lpk-logpush-keeper-reenable-logpush true",
      "audit lpk-logpush-keeper-rotate-keys true",
      "audit lpk-logpush-keeper-verify-buckets true",
      "audit lpk-logpush-keeper-ensure-logpush true",
    ]
  `);
  const [project] = accounts.flatMap(({ id }) => codeEngine.projects.list(id));
  const job = codeEngine.jobs.get(project?.id ?? '', 'check-logpush')?.spec;
  const profiles = job?.run_env_variables.find(({ name }) => name === 'KEEPER_PROFILES')?.value ?? '';
  expect(profiles.replaceAll(/Profile-[0-9a-f-]+/g, 'ID')).toBe(
    accounts.map(({ name }) => `${name}=ID`).join(','),
  );
  silent(site);
  expect(await site.deploy('destroy', '--yes')).toMatchObject({ code: 0, err: '' });
  site.clock.advance(60_000);
  expect(site.end()).toEqual(before);
});
