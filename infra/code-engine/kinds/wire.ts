import { Secret } from '../../../shared/domain/secret.ts';
import type { Item } from '../clients/code-engine.ts';
import { type Fields, textOf, type Value } from '../resource.ts';

/** Between the fields of a resource and what Code Engine's API has on the wire. */

/** Of what an API shows only these are compared: the rest is its own affair. */
const PLAIN = {
  jobs: [
    'image_reference',
    'image_secret',
    'run_commands',
    'run_arguments',
    'run_mode',
    'run_compute_resource_token_enabled',
    'scale_array_spec',
    'scale_cpu_limit',
    'scale_memory_limit',
    'scale_max_execution_time',
    'scale_retry_limit',
  ],
  functions: [
    'runtime',
    'code_reference',
    'code_main',
    'managed_domain_mappings',
    'run_compute_resource_token_enabled',
    'scale_concurrency',
    'scale_cpu_limit',
    'scale_memory_limit',
    'scale_max_execution_time',
  ],
} as const;

/** The fields of a job or a function that is there. */
export function workloadFields(collection: 'jobs' | 'functions', item: Item): Fields {
  const plain = PLAIN[collection].flatMap((name) => {
    const value = item[name];
    return value === undefined || value === null || value === '' ? [] : [[name, value as Value] as const];
  });
  return {
    ...Object.fromEntries(plain),
    ...variables(listOf(item['run_env_variables'])),
    ...(collection === 'jobs' ? { run_volume_mounts: listOf(item['run_volume_mounts']).map(mount) } : {}),
  };
}

type Wire = Readonly<Record<string, unknown>>;

const listOf = (value: unknown): readonly Wire[] =>
  Array.isArray(value) ? value.filter((one): one is Wire => typeof one === 'object' && one !== null) : [];

/** With an older version of the API mounts also have names. */
const mount = ({ mount_path, reference, type }: Wire): Value => ({
  mount_path: textOf(mount_path),
  reference: textOf(reference),
  type: textOf(type),
});

/** One field for each variable, or for each secret or config map that is taken whole. */
const variables = (list: readonly Wire[]): Fields =>
  Object.fromEntries(
    list.map(({ name, ...rest }) => {
      const isWhole = textOf(rest['type']).endsWith('_full_reference');
      const members = Object.entries(rest).flatMap(([member, value]) =>
        value === undefined || value === null || value === '' ? [] : [[member, textOf(value)] as const],
      );
      return [`env.${isWhole ? `*${textOf(rest['reference'])}` : textOf(name)}`, Object.fromEntries(members)];
    }),
  );

/** The body that makes a job or a function so. @param live - what is there; what it has too much is taken away */
export function workloadBody(fields: Fields, live: Fields = {}): Readonly<Record<string, unknown>> {
  const isOurs = (name: string): boolean => !name.startsWith('env.') && name !== 'status';
  const gone = Object.keys(live).filter((name) => isOurs(name) && !Object.hasOwn(fields, name));
  const list = Object.entries(fields).flatMap(([field, value]) => {
    if (!field.startsWith('env.') || typeof value !== 'object') return [];
    const name = field.slice('env.'.length);
    return [{ ...(name.startsWith('*') ? {} : { name }), ...(value as Fields) }];
  });
  return {
    ...Object.fromEntries(Object.entries(fields).filter(([name]) => isOurs(name))),
    ...Object.fromEntries(gone.map((name) => [name, null])),
    run_env_variables: list,
  };
}

/** @param hush - the values of a secret are wrapped at once */
export const dataFields = (item: Item, hush: boolean): Fields =>
  Object.fromEntries(
    Object.entries((item['data'] ?? {}) as Wire).map(([key, value]) => [
      `data.${key}`,
      hush ? new Secret(textOf(value)) : textOf(value),
    ]),
  );

/** The values on their way onto the wire. */
export const dataBody = (fields: Fields): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => {
      if (!name.startsWith('data.')) return [];
      return [[name.slice('data.'.length), value instanceof Secret ? value.reveal() : textOf(value)]];
    }),
  );

/** Whether a function serves: `ready`, or why not. */
export function readiness(item: Item): { readonly status: string; readonly isPassing: boolean } {
  const status = textOf(item['status'] ?? 'unknown');
  const details = item['status_details'] as Wire | undefined;
  const reason = textOf(details?.['reason'] ?? status);
  const isPassing = status === 'deploying' || reason === 'ready_update_in_progress';
  if (isPassing) return { status: reason, isPassing };
  return { status: status === 'ready' && reason === 'ready' ? 'ready' : reason, isPassing };
}
