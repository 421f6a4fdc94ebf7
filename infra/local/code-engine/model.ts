/** What stands in a project, in the words of the REST API: bodies travel and are merged as they are. */

/** @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-envvar */
export interface EnvVariable {
  readonly type:
    | 'literal'
    | 'secret_full_reference'
    | 'config_map_full_reference'
    | 'secret_key_reference'
    | 'config_map_key_reference';
  readonly name?: string | undefined;
  readonly value?: string | undefined;
  readonly reference?: string | undefined;
  readonly key?: string | undefined;
  readonly prefix?: string | undefined;
}

export interface VolumeMount {
  readonly mount_path: string;
  readonly reference: string;
  readonly type: 'config_map' | 'secret' | 'persistent_data_store';
  readonly read_only?: boolean | undefined;
  /** One key instead of all; the path is then that of a file. */
  readonly sub_path?: string | undefined;
}

export interface ConfigMapSpec {
  readonly data: Readonly<Record<string, string>>;
}

export interface SecretSpec extends ConfigMapSpec {
  readonly format: SecretFormat;
}

export const SECRET_FORMATS = [
  'generic',
  'basic_auth',
  'ssh_auth',
  'tls',
  'registry',
  'hmac_auth',
  'service_access',
  'service_operator',
  'other',
] as const;
export type SecretFormat = (typeof SECRET_FORMATS)[number];

/** What a job and a run of it say alike. */
interface WorkSpec {
  readonly image_reference: string;
  readonly image_secret?: string | undefined;
  readonly run_commands: readonly string[];
  readonly run_arguments: readonly string[];
  readonly run_env_variables: readonly EnvVariable[];
  readonly run_volume_mounts: readonly VolumeMount[];
  readonly run_mode: 'task' | 'daemon';
  readonly run_service_account: string;
  readonly run_as_user: number;
  readonly run_compute_resource_token_enabled: boolean;
  /** `"0"`, `"0-9"`, `"1,3,5-7"`. */
  readonly scale_array_spec: string;
  readonly scale_cpu_limit: string;
  readonly scale_memory_limit: string;
  readonly scale_ephemeral_storage_limit: string;
  /** Seconds, for the whole run. */
  readonly scale_max_execution_time: number;
  readonly scale_retry_limit: number;
}

/** @see https://cloud.ibm.com/apidocs/codeengine/v2#create-job */
export type JobSpec = WorkSpec;

/** @see https://cloud.ibm.com/apidocs/codeengine/v2#create-function */
export interface FunctionSpec {
  readonly runtime: string;
  /** A data URL, or a code bundle in a registry. */
  readonly code_reference: string;
  readonly code_binary: boolean;
  readonly code_main: string;
  readonly code_secret?: string | undefined;
  readonly managed_domain_mappings: 'local_public' | 'local_private' | 'local';
  readonly run_env_variables: readonly EnvVariable[];
  readonly run_compute_resource_token_enabled: boolean;
  readonly scale_concurrency: number;
  readonly scale_cpu_limit: string;
  readonly scale_memory_limit: string;
  readonly scale_down_delay: number;
  /** Seconds. */
  readonly scale_max_execution_time: number;
}

/** One thing of a project: a config map, a secret, a job, a function. */
export interface Component<Spec> {
  readonly id: string;
  readonly projectId: string;
  readonly name: string;
  readonly createdAt: number;
  spec: Spec;
  updatedAt: number;
  entityTag: string;
  /** When it is gone; a delete takes a while. */
  goneAt: number;
}

export interface Project {
  readonly id: string;
  readonly name: string;
  readonly accountId: string;
  readonly region: string;
  readonly resourceGroupId: string;
  readonly tags: readonly string[];
  /** Namespace, and part of host names. */
  readonly subdomain: string;
  readonly createdAt: number;
  readonly activeAt: number;
  /** When the delete is done. */
  goneAt: number;
}

export const projectCrn = ({ region, accountId, id }: Project): string =>
  `crn:v1:bluemix:public:codeengine:${region}:a/${accountId}:${id}::`;
