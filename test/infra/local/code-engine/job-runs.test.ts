import { expect, test } from 'vitest';
import { TOKEN_FILE } from '../../../../infra/local/code-engine/environment.ts';
import { projectCrn } from '../../../../infra/local/code-engine/model.ts';
import { days, hours, minutes, seconds } from '../../../../shared/domain/time.ts';
import { anEngine } from './engine-world.ts';

test('a container gets its environment, its mounts as files, and the token of its job', async () => {
  const { world, clock, project, containers, inside, aJob, live } = anEngine();
  await inside('POST', '/config_maps', {
    name: 'keeper',
    data: { 'keeper.yml': 'version: 1', LEVEL: 'map' },
  });
  await inside('POST', '/secrets', {
    name: 'notify',
    format: 'generic',
    data: { URL: 'https://x', LEVEL: 'secret' },
  });
  await aJob('check', {
    run_env_variables: [
      { type: 'literal', name: 'MODE', value: 'act' },
      { type: 'secret_key_reference', reference: 'notify', key: 'URL', name: 'WEBHOOK' },
      { type: 'secret_full_reference', reference: 'notify' },
      { type: 'config_map_full_reference', reference: 'keeper', prefix: 'K_' },
      { type: 'config_map_full_reference', reference: 'keeper' },
    ],
    run_volume_mounts: [{ type: 'config_map', mount_path: '/etc/keeper', reference: 'keeper' }],
    run_compute_resource_token_enabled: true,
  });
  const made = await inside('POST', '/job_runs', {
    job_name: 'check',
    run_env_variables: [{ type: 'literal', name: 'MODE', value: 'observe' }],
  });
  expect(made).toMatchObject({ status: 202, body: { status: 'pending', job_name: 'check' } });
  await live(minutes(1));

  const [{ container } = {}] = containers;
  expect(container?.command).toEqual(['node', 'check/main.js']);
  expect(container?.env).toEqual({
    MODE: 'observe',
    WEBHOOK: 'https://x',
    URL: 'https://x',
    // The later of two references to all keys wins.
    LEVEL: 'map',
    K_LEVEL: 'map',
    'K_keeper.yml': 'version: 1',
    'keeper.yml': 'version: 1',
    CE_API_BASE_URL: 'https://api.private.eu-de.codeengine.cloud.ibm.com',
    CE_DOMAIN: 'eu-de.codeengine.appdomain.cloud',
    CE_JOB: 'check',
    CE_JOBRUN: made.body['name'],
    CE_PROJECT_ID: project.id,
    CE_REGION: 'eu-de',
    CE_SUBDOMAIN: project.subdomain,
    HOSTNAME: `${String(made.body['name'])}-0-0`,
    JOB_ARRAY_SIZE: '1',
    JOB_INDEX: '0',
    JOB_INDEX_RETRY_COUNT: '0',
    JOB_MODE: 'task',
    JOB_RETRY_LIMIT: '0',
  });
  expect(container?.files['/etc/keeper/keeper.yml']).toBe('version: 1');
  expect(world.iam.computeResource(container?.files[TOKEN_FILE] ?? '', clock.now())).toMatchObject({
    projectCrn: projectCrn(project),
    componentType: 'job',
    componentName: 'check',
  });
  const run = await inside('GET', `/job_runs/${String(made.body['name'])}`);
  expect(run.body).toMatchObject({ status: 'completed', status_details: { requested: 1, succeeded: 1 } });
});

test('an index is tried again up to the limit, and only it', async () => {
  const { containers, inside, aJob, live } = anEngine({
    program: ({ env }) => ({ exit: env['JOB_INDEX'] === '3' ? 2 : 0 }),
  });
  await aJob('check', { scale_retry_limit: 2, scale_array_spec: '1,3-4' });
  const { body } = await inside('POST', '/job_runs', { job_name: 'check' });
  await live(minutes(1));
  expect(
    containers.map(({ container: { env } }) => `${env['JOB_INDEX']}.${env['JOB_INDEX_RETRY_COUNT']}`),
  ).toEqual(['1.0', '3.0', '4.0', '3.1', '3.2']);
  expect(containers[0]?.container.env['JOB_ARRAY_SIZE']).toBe('3');
  const run = await inside('GET', `/job_runs/${String(body['name'])}`);
  expect(run.body).toMatchObject({
    status: 'failed',
    status_details: {
      succeeded_indices: '1,4',
      failed_indices: '3',
      indices_details: { 3: { status: 'failed', retries: 2, last_failure_reason: 'ContainerExitedCode2' } },
    },
  });
});

test('the time of a run counts for all its tries, and ends what still runs', async () => {
  const { clock, containers, inside, aJob, live } = anEngine({ program: () => ({ seconds: 100, exit: 1 }) });
  await aJob('check', { scale_retry_limit: 5, scale_max_execution_time: 150 });
  const startsAt = clock.now();
  const { body } = await inside('POST', '/job_runs', { job_name: 'check' });
  await live(minutes(10));
  expect(containers.map(({ at, stopped }) => [at - startsAt, stopped])).toEqual([
    [seconds(5), true],
    [seconds(105), true],
  ]);
  const run = await inside('GET', `/job_runs/${String(body['name'])}`);
  expect(run.body['status_details']).toMatchObject({
    failed: 1,
    completion_time: new Date(startsAt + seconds(155)).toISOString(),
    indices_details: { 0: { last_failure_reason: 'MaxExecutionTimeExceeded', retries: 1 } },
  });
});

test.each([
  [{ image_reference: 'icr.io/acme/keeper:2' }, 'ImagePullFailed'],
  [{ image_secret: 'none' }, 'ImagePullFailed'],
  [{ run_arguments: ['no/main.js'] }, 'ExecutableNotFound'],
  [
    { run_env_variables: [{ type: 'secret_full_reference', reference: 'none' }] },
    'CreateContainerConfigError',
  ],
  [
    { run_volume_mounts: [{ type: 'config_map', mount_path: '/etc/keeper', reference: 'none' }] },
    'CreateContainerConfigError',
  ],
])('a job with %j fails without a container', async (change, reason) => {
  const { containers, inside, aJob, live } = anEngine();
  await aJob('check', change);
  const { body } = await inside('POST', '/job_runs', { job_name: 'check' });
  await live(minutes(1));
  const run = await inside('GET', `/job_runs/${String(body['name'])}`);
  expect(run.body).toMatchObject({
    status: 'failed',
    status_details: { indices_details: { 0: { last_failure_reason: reason } } },
  });
  expect(containers).toEqual([]);
});

test('a job that is deleted takes its runs with it, and those that wait never begin', async () => {
  const { containers, inside, aJob, live } = anEngine({ program: () => ({ seconds: 600 }) });
  await aJob('check');
  await inside('POST', '/job_runs', { job_name: 'check' });
  expect((await inside('DELETE', '/jobs/check')).status).toBe(202);
  await live(seconds(4));
  expect(containers).toEqual([]);
  expect((await inside('GET', '/jobs/check')).status).toBe(200);
  await live(seconds(1));
  expect((await inside('GET', '/jobs/check')).status).toBe(404);
  expect((await inside('GET', '/job_runs')).body['job_runs']).toEqual([]);
});

test('a run that is deleted while it runs is stopped', async () => {
  const { clock, codeEngine, containers, inside, aJob } = anEngine({ program: () => ({ seconds: 600 }) });
  await aJob('check');
  const { body } = await inside('POST', '/job_runs', { job_name: 'check' });
  const startsAt = clock.now();
  const deleted = clock.sleep(seconds(60)).then(() => inside('DELETE', `/job_runs/${String(body['name'])}`));
  await clock.run(Promise.all([codeEngine.live(startsAt + minutes(2)), deleted]));
  expect(containers.map(({ stopped }) => stopped)).toEqual([true]);
  expect(codeEngine.runs.all.map(({ completedAt }) => completedAt)).toEqual([startsAt + seconds(60)]);
});

test('runs by hand are kept a week, unless their job says otherwise', async () => {
  const { inside, aJob, live } = anEngine();
  await aJob('check');
  await aJob('repair', {
    run_env_variables: [{ type: 'literal', name: 'CE_REMOVE_COMPLETED_JOBS', value: '90' }],
  });
  await inside('POST', '/job_runs', { job_name: 'check' });
  await inside('POST', '/job_runs', { job_name: 'repair' });
  const kept = async (): Promise<readonly unknown[]> =>
    ((await inside('GET', '/job_runs')).body['job_runs'] as readonly object[]).map((run) =>
      'job_name' in run ? run.job_name : undefined,
    );
  await live(minutes(90));
  expect(await kept()).toEqual(['check', 'repair']);
  await live(minutes(1));
  expect(await kept()).toEqual(['check']);
  await live(days(7) - minutes(92));
  expect(await kept()).toEqual(['check']);
  await live(hours(1));
  expect(await kept()).toEqual([]);
});

test('a project that keeps as many runs as it may takes no more', async () => {
  const { inside, aJob, live } = anEngine({ settings: { jobRunQuota: 2 } });
  await aJob('check');
  const create = () => inside('POST', '/job_runs', { job_name: 'check' });
  expect([(await create()).status, (await create()).status]).toEqual([202, 202]);
  await live(minutes(5));
  expect(await create()).toMatchObject({ status: 403, body: { errors: [{ code: 'quota_exceeded' }] } });
});

test('what the workloads throw is not taken for a job that failed', async () => {
  const { codeEngine, inside, aJob, live } = anEngine();
  codeEngine.runs.workloads = { runJob: () => Promise.reject(new Error('no such folder')) };
  await aJob('check');
  await inside('POST', '/job_runs', { job_name: 'check' });
  await expect(live(minutes(1))).rejects.toThrow('no such folder');
});
