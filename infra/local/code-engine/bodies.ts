import * as z from 'zod';
import { arrayIndices } from './array-spec.ts';
import { SECRET_FORMATS, type SecretFormat } from './model.ts';

/** GB by vCPU. @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-mem-cpu-combo */
const JOB_PAIRS: Readonly<Record<string, readonly number[]>> = {
  '0.125': [0.25, 0.5, 1],
  '0.25': [0.5, 1, 2],
  '0.5': [1, 2, 4],
  '1': [2, 4, 8],
  '2': [4, 8, 16],
  '4': [8, 16, 32],
  '6': [12, 24, 48],
  '8': [16, 32],
  '10': [20, 40],
  '12': [24, 48],
};
const FUNCTION_PAIRS: Readonly<Record<string, readonly number[]>> = { '0.25': [1], '0.5': [2], '1': [4] };

/** Characters of inline code, with its Base64. */
const MOST_CODE = 100 * 1024;

export const NAME = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;

const gigabytes = (text: string): number | undefined => {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(M|G)$/.exec(text) ?? [];
  return number === undefined ? undefined : Number(number) / (unit === 'M' ? 1_000 : 1);
};

const isPair = (pairs: Readonly<Record<string, readonly number[]>>, cpu: string, memory: string): boolean =>
  pairs[String(Number(cpu))]?.includes(gigabytes(memory) ?? 0) ?? false;

const text = z.string().min(1);
const name = z
  .string()
  .regex(/^[-._a-zA-Z][-._a-zA-Z0-9]*$/)
  .max(253);

const EnvVariable = z.discriminatedUnion('type', [
  z.object({ type: z.literal('literal'), name, value: z.string() }),
  ...(['secret_full_reference', 'config_map_full_reference'] as const).map((type) =>
    z.object({ type: z.literal(type), reference: text, prefix: z.string().optional() }),
  ),
  ...(['secret_key_reference', 'config_map_key_reference'] as const).map((type) =>
    z.object({ type: z.literal(type), reference: text, key: text, name: name.optional() }),
  ),
]);

const VolumeMount = z.object({
  mount_path: z.string().regex(/^\/.+/),
  reference: text,
  type: z.enum(['config_map', 'secret', 'persistent_data_store']),
  read_only: z.boolean().optional(),
  sub_path: z.string().optional(),
});

/** What a job and a job run say alike; a run leaves out what it takes from its job. */
const work = {
  image_reference: text,
  image_secret: text.optional(),
  run_commands: z.array(z.string()).max(100),
  run_arguments: z.array(z.string()).max(100),
  run_env_variables: z.array(EnvVariable),
  run_volume_mounts: z.array(VolumeMount),
  run_mode: z.enum(['task', 'daemon']),
  run_service_account: z.enum(['default', 'manager', 'writer', 'reader', 'none']),
  run_as_user: z.int().min(0),
  run_compute_resource_token_enabled: z.boolean(),
  scale_array_spec: z.string().refine((spec) => arrayIndices(spec) !== undefined, 'no array specification'),
  scale_cpu_limit: z.string(),
  scale_memory_limit: z.string(),
  scale_ephemeral_storage_limit: z.string(),
  scale_max_execution_time: z.int().min(1).max(86_400),
  scale_retry_limit: z.int().min(0).max(5),
};

const DEFAULT_STORAGE_GB = 0.4;

/** @see https://cloud.ibm.com/apidocs/codeengine/v2#create-job */
export const JobBody = z
  .object({
    ...work,
    run_commands: work.run_commands.default([]),
    run_arguments: work.run_arguments.default([]),
    run_env_variables: work.run_env_variables.default([]),
    run_volume_mounts: work.run_volume_mounts.default([]),
    run_mode: work.run_mode.default('task'),
    run_service_account: work.run_service_account.default('default'),
    run_as_user: work.run_as_user.default(0),
    run_compute_resource_token_enabled: work.run_compute_resource_token_enabled.default(false),
    scale_array_spec: work.scale_array_spec.default('0'),
    scale_cpu_limit: work.scale_cpu_limit.default('1'),
    scale_memory_limit: work.scale_memory_limit.default('4G'),
    scale_ephemeral_storage_limit: work.scale_ephemeral_storage_limit.default('400M'),
    scale_max_execution_time: work.scale_max_execution_time.default(7200),
    scale_retry_limit: work.scale_retry_limit.default(3),
  })
  .refine(({ scale_cpu_limit: cpu, scale_memory_limit: memory }) => isPair(JOB_PAIRS, cpu, memory), {
    error: 'scale_cpu_limit and scale_memory_limit are no pair',
  })
  .refine(
    ({ scale_ephemeral_storage_limit: storage, scale_memory_limit: memory }) =>
      (gigabytes(storage) ?? Number.NaN) <= Math.max(DEFAULT_STORAGE_GB, gigabytes(memory) ?? 0),
    { error: 'scale_ephemeral_storage_limit is more than the memory' },
  );

/** What a run says beside what it changes of its job. @see https://cloud.ibm.com/apidocs/codeengine/v2#create-job-run */
export const JobRunBody = z
  .object({
    ...z.object(work).partial().shape,
    name: z.string().regex(NAME).max(53).optional(),
    job_name: text.optional(),
    scale_array_size_variable_override: z.int().min(1).optional(),
  })
  .refine((run) => run.job_name !== undefined || run.image_reference !== undefined, {
    error: 'job_name or image_reference is required',
  })
  .refine(
    (run) =>
      run.job_name === undefined ||
      (run.image_reference ?? run.image_secret ?? run.run_service_account) === undefined,
    { error: 'a run of a job has the image, its secret and the service account of the job' },
  );

/** @see https://cloud.ibm.com/apidocs/codeengine/v2#create-function */
export const FunctionBody = z
  .object({
    runtime: text,
    code_reference: text.refine((code) => !code.startsWith('data:') || code.length <= MOST_CODE, {
      error: `inline code has at most ${MOST_CODE} characters with its Base64`,
    }),
    code_binary: z.boolean().default(false),
    code_main: z
      .string()
      .regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/)
      .max(256)
      .default('main'),
    code_secret: text.optional(),
    managed_domain_mappings: z.enum(['local_public', 'local_private', 'local']).default('local_public'),
    run_env_variables: z.array(EnvVariable).max(100).default([]),
    run_compute_resource_token_enabled: z.boolean().default(false),
    scale_concurrency: z.int().min(1).max(100).default(1),
    scale_cpu_limit: z.string().default('1'),
    scale_memory_limit: z.string().default('4G'),
    scale_down_delay: z.int().min(0).max(600).default(1),
    scale_max_execution_time: z.int().min(1).max(120).default(60),
  })
  .refine(({ scale_cpu_limit: cpu, scale_memory_limit: memory }) => isPair(FUNCTION_PAIRS, cpu, memory), {
    error: 'scale_cpu_limit and scale_memory_limit are no pair',
  });

const Data = z.record(
  z
    .string()
    .regex(/^[-._A-Za-z0-9]+$/)
    .max(253),
  z.string().max(1_048_576),
);

/** @see https://cloud.ibm.com/apidocs/codeengine/v2#create-config-map */
export const ConfigMapBody = z.object({ data: Data.default({}) });

const REQUIRED_KEYS: Partial<Record<SecretFormat, readonly string[]>> = {
  basic_auth: ['username', 'password'],
  ssh_auth: ['ssh_key'],
  tls: ['tls_cert', 'tls_key'],
  registry: ['server', 'username', 'password'],
  hmac_auth: ['access_key_id', 'secret_access_key'],
};

/** @see https://cloud.ibm.com/apidocs/codeengine/v2#create-secret */
export const SecretBody = z
  .object({ format: z.enum(SECRET_FORMATS), data: Data.default({}) })
  .refine(({ format, data }) => (REQUIRED_KEYS[format] ?? []).every((key) => key in data), {
    error: 'the data lacks a key of this format',
  });
