import type { FunctionSpec } from '../../infra/local/code-engine/model.ts';
import type { World } from '../../infra/local/world.ts';
import { WorldFile } from '../../infra/local/world-file.ts';

export const WEBHOOK_SECRET = `TRACER${'5ec2e7'.repeat(9)}abcd`;
const RING_BUCKET = 'ring-bucket';
const ACCOUNT = '0123456789abcdef0123456789abcdef';
const OBJECTS = 'bbbbbbbb-1111-4222-8333-cccccccccccc';
const IMAGE = 'icr.io/keeper/keeper:1';
/** The jobs that a ring of kind `alert` starts. */
export const STARTED = ['check-logpush', 'reenable-logpush'];

/** An account with a bucket for rings. */
export const webhookWorldFile = (settings: object = {}) =>
  WorldFile.parse({
    name: 'webhook',
    about: 'The public function, its bucket, and jobs that its rings start.',
    startsAt: '2026-09-01T10:00:10Z',
    days: 1,
    settings: {
      ...settings,
      codeEngine: { deployDelaySeconds: 0, startDelaySeconds: 0, cosEvents: { delaySeconds: 0 } },
      cos: { callerAddress: '198.51.100.7' },
    },
    accounts: [
      {
        name: 'edge',
        id: ACCOUNT,
        serviceIds: [
          {
            name: 'keeper',
            id: 'ServiceId-aaaa1111-0000-4000-8000-000000000001',
            apiKeys: [
              { name: 'keeper-key', id: 'ApiKey-bbbb2222-0000-4000-8000-000000000001', createdDaysAgo: 1 },
            ],
          },
        ],
        keeper: { serviceId: 'keeper', apiKey: 'keeper-key' },
      },
    ],
    cloudLogs: [],
    secretsManagers: [],
    cis: [],
    buckets: [{ name: RING_BUCKET, location: 'us-south', instance: OBJECTS, account: 'edge' }],
  });

/**
 * Puts the webhook where a deployment puts it: a function with its secret, its profile and the right to write rings, and two
 * jobs that a ring of kind `alert` starts.
 *
 * @param cloud - base URL of IAM and COS, as the function reaches them
 */
export function deployWebhook(
  world: World,
  cloud: string,
  code: string,
  more: Partial<FunctionSpec> = {},
): {
  readonly endpoint: string;
  readonly rings: () => readonly string[];
  readonly runs: () => readonly string[];
} {
  const { codeEngine, iam } = world;
  const project = codeEngine.projects.add({
    name: 'keeper',
    accountId: ACCOUNT,
    region: 'us-south',
    resourceGroupId: 'default',
  });
  const crn = `crn:v1:bluemix:public:codeengine:us-south:a/${ACCOUNT}:${project.id}::`;
  const profile = iam.profiles.create({ name: 'lpk-keeper-webhook', accountId: ACCOUNT });
  iam.profiles.link(profile, { crType: 'CE', crn, componentType: 'function', componentName: 'webhook' });
  const cos = { accountId: ACCOUNT, service: 'cloud-object-storage', instanceId: OBJECTS };
  iam.addPolicy({
    ...cos,
    iamId: profile.iamId,
    roles: ['Object Writer'],
    resource: { type: 'bucket', name: RING_BUCKET },
    path: 'rings/*',
  });
  iam.policies.authorize(
    ACCOUNT,
    { service: 'codeengine', instance: project.id },
    { service: cos.service, instance: OBJECTS },
    ['Notifications Manager'],
  );
  codeEngine.secrets.add(project.id, 'keeper-webhook', {
    format: 'generic',
    data: { KEEPER_WEBHOOK_SECRET: WEBHOOK_SECRET },
  });
  const literal = (name: string, value: string) => ({ type: 'literal', name, value }) as const;
  const component = codeEngine.functions.add(project.id, 'webhook', {
    runtime: 'nodejs-24',
    code_reference: `data:text/plain;base64,${Buffer.from(code).toString('base64')}`,
    code_binary: false,
    code_main: 'main',
    managed_domain_mappings: 'local_public',
    run_env_variables: [
      { type: 'secret_full_reference', reference: 'keeper-webhook' },
      literal('KEEPER_PROFILE_ID', profile.id),
      literal('KEEPER_RINGS_BUCKET', RING_BUCKET),
      literal('KEEPER_RINGS_ENDPOINT', `${cloud}/cos/us-south`),
      literal('KEEPER_IAM_ENDPOINT', `${cloud}/iam`),
    ],
    run_compute_resource_token_enabled: true,
    scale_concurrency: 10,
    scale_cpu_limit: '0.25',
    scale_memory_limit: '1G',
    scale_down_delay: 60,
    scale_max_execution_time: 30,
    ...more,
  });
  codeEngine.images.register(
    IMAGE,
    STARTED.map((name) => `node ${name}/main.js`),
  );
  for (const name of STARTED) addJob(world, project.id, name);
  return {
    endpoint: codeEngine.endpointOf(project, component),
    rings: () => [...(world.cos.configured(RING_BUCKET)?.objects.keys() ?? [])],
    runs: () => codeEngine.runs.all.map(({ jobName = '' }) => jobName),
  };
}

function addJob({ codeEngine }: World, projectId: string, name: string): void {
  codeEngine.jobs.add(projectId, name, {
    image_reference: IMAGE,
    run_commands: ['node'],
    run_arguments: [`${name}/main.js`],
    run_env_variables: [],
    run_volume_mounts: [],
    run_mode: 'task',
    run_service_account: 'default',
    run_as_user: 0,
    run_compute_resource_token_enabled: true,
    scale_array_spec: '0',
    scale_cpu_limit: '0.25',
    scale_memory_limit: '1G',
    scale_ephemeral_storage_limit: '400M',
    scale_max_execution_time: 900,
    scale_retry_limit: 0,
  });
  codeEngine.subscriptions.add(projectId, {
    kind: 'cos',
    name: `keeper-${name}-by-alert`,
    destination: { type: 'job', name },
    bucket: RING_BUCKET,
    eventType: 'write',
    prefix: 'rings/alert/',
  });
}
