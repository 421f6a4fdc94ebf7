import { createHash } from 'node:crypto';
import type {
  Action,
  FunctionAction,
  JobAction,
  Package,
} from '../../../shared/runtime/manifest/manifest.ts';
import { type Fields, LATER, type Value, type Wanted } from '../resource.ts';
import { keeperProfiles } from './access.ts';
import { type Inputs, type Outputs, profileKey } from './inputs.ts';

/** What a configuration is mounted as, and where jobs look for it. */
const CONFIG_FOLDER = '/etc/keeper';
const CONFIG_KEY = 'keeper.yml';
/** The config map with the configuration. */
const CONFIG_NAME = 'keeper';
/** What the senders of alerts must know. The deployer makes it once, and keeps it. */
export const WEBHOOK_SECRET = 'keeper-webhook';
export const WEBHOOK_KEY = 'KEEPER_WEBHOOK_SECRET';
/** Changes with the secret: instances that are there keep the old one until the function itself changes. */
const WEBHOOK_EDITION = 'KEEPER_WEBHOOK_EDITION';

const PROFILES = 'KEEPER_PROFILES';
/** The config map with the profiles of an array job: a job that names hundreds would be larger than Code Engine takes. */
const profilesName = ({ name }: JobAction): string => `keeper-profiles-${name}`;

const VISIBILITY = { public: 'local_public', private: 'local_private', project: 'local' } as const;

/** The config map, the secrets of the manifest, the jobs and the functions. */
export function workloadsOf(inputs: Inputs, outputs: Outputs): readonly Wanted[] {
  const { packages } = inputs.manifest;
  const { account } = inputs;
  const of = (kind: Wanted['kind'], name: string, fields: Fields): Wanted => ({
    kind,
    key: name,
    name,
    account,
    fields,
  });
  const actions = packages.flatMap((one) => one.actions.map((action) => ({ one, action })));
  return [
    of('config-map', CONFIG_NAME, { [`data.${CONFIG_KEY}`]: inputs.keeperYml }),
    ...packages.flatMap(({ secrets }) =>
      Object.entries(secrets).map(([name, data]) => of('secret', name, prefixed('data.', data))),
    ),
    // It is wanted as it is; what is in it only whoever makes it decides.
    ...(actions.some(({ action }) => isWebhook(action))
      ? [of('secret', WEBHOOK_SECRET, { made: true })]
      : []),
    ...actions.flatMap(({ action }) =>
      action.kind === 'job' && action.arraySize > 1
        ? [
            of('config-map', profilesName(action), {
              [`data.${PROFILES}`]: keeperProfiles(inputs, outputs, action.name),
            }),
          ]
        : [],
    ),
    ...actions.map(({ one, action }) =>
      action.kind === 'job'
        ? of('job', action.name, jobFields(inputs, outputs, action))
        : of('function', action.name, functionFields(inputs, outputs, one, action)),
    ),
  ];
}

const prefixed = (prefix: string, values: Readonly<Record<string, Value>>): Fields =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value]));

/** What is made from the tag that Code Engine gives each version of the secret tells nothing of its value. */
export const editionOf = (secretTag: string, url = ''): string =>
  [url, secretTag].includes(LATER)
    ? LATER
    : createHash('sha256').update(`${url} ${secretTag}`).digest('hex').slice(0, 8);

/** The function that rings. */
export const isWebhook = (action: Action): boolean =>
  action.kind === 'function' && /(?:^|\/)webhook\.ts$/.test(action.function);

const literal = (value: string): Value => (value === LATER ? LATER : { type: 'literal', value });
const allOf = (secret: string): Value => ({ type: 'secret_full_reference', reference: secret });

function jobFields(inputs: Inputs, outputs: Outputs, job: JobAction): Fields {
  const own = {
    KEEPER_CONFIG: `${CONFIG_FOLDER}/${CONFIG_KEY}`,
    ...(job.arraySize > 1 ? {} : { [PROFILES]: keeperProfiles(inputs, outputs, job.name) }),
    ...(inputs.schedules === '' ? {} : { KEEPER_SCHEDULES: inputs.schedules }),
    KEEPER_TIMEOUT: String(job.timeout),
    ...job.env,
  };
  return {
    image_reference: job.image,
    ...(job.imageSecret === undefined ? {} : { image_secret: job.imageSecret }),
    run_commands: ['node'],
    run_arguments: [`${job.name}/main.js`],
    run_mode: 'task',
    run_compute_resource_token_enabled: true,
    run_volume_mounts: [{ mount_path: CONFIG_FOLDER, reference: CONFIG_NAME, type: 'config_map' }],
    scale_array_spec: job.arraySize > 1 ? `0-${job.arraySize - 1}` : '0',
    scale_cpu_limit: String(job.cpu),
    scale_memory_limit: job.memory,
    scale_max_execution_time: job.timeout,
    scale_retry_limit: job.retries,
    ...environment(own, job.envFrom),
    ...(job.arraySize > 1
      ? {
          [`env.${PROFILES}`]: {
            type: 'config_map_key_reference',
            reference: profilesName(job),
            key: PROFILES,
          },
        }
      : {}),
  };
}

/** Variables by name, then whole secrets: of equal names the later one holds. */
const environment = (own: Readonly<Record<string, string>>, from: readonly string[]): Fields => ({
  ...prefixed('env.', Object.fromEntries(Object.entries(own).map(([name, value]) => [name, literal(value)]))),
  ...prefixed('env.', Object.fromEntries(from.map((secret) => [`*${secret}`, allOf(secret)]))),
});

function functionFields(inputs: Inputs, outputs: Outputs, one: Package, action: FunctionAction): Fields {
  const common = {
    runtime: action.runtime,
    code_reference: inputs.code.get(action.name) ?? '',
    code_main: action.main,
    managed_domain_mappings: VISIBILITY[action.visibility],
    run_compute_resource_token_enabled: true,
    scale_concurrency: action.concurrency,
    scale_cpu_limit: String(action.cpu),
    scale_memory_limit: action.memory,
    scale_max_execution_time: action.timeout,
    // What is there is ready, or is to be made so.
    status: 'ready',
  };
  if (!isWebhook(action)) return { ...common, ...environment(action.env, action.envFrom) };
  const own = {
    KEEPER_PROFILE_ID: outputs('profile', profileKey(inputs, inputs.account, action.name), 'id'),
    KEEPER_RINGS_BUCKET: one.rings?.bucket ?? '',
    KEEPER_RINGS_ENDPOINT: inputs.ringsUrl,
    [WEBHOOK_EDITION]: editionOf(outputs('secret', WEBHOOK_SECRET, 'tag')),
    ...(inputs.iamUrl === undefined ? {} : { KEEPER_IAM_ENDPOINT: inputs.iamUrl }),
    KEEPER_TIMEOUT: String(action.timeout),
    ...action.env,
  };
  return {
    ...common,
    [`env.${WEBHOOK_KEY}`]: { type: 'secret_key_reference', reference: WEBHOOK_SECRET, key: WEBHOOK_KEY },
    ...environment(own, action.envFrom),
  };
}
