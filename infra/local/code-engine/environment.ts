import type { EnvVariable, Project, VolumeMount } from './model.ts';

/** The data of a secret or config map of the project; undefined when there is none of that name. */
export type FindData = (
  kind: 'secret' | 'config_map',
  name: string,
) => Readonly<Record<string, string>> | undefined;

type Texts = Readonly<Record<string, string>>;

/** A container cannot start: it names what is not there. */
export class MissingReference extends Error {
  override readonly name = 'MissingReference';
}

/**
 * A component's own variables. References to all keys come first, a later one over an earlier one; what names one variable wins
 * over them wherever it stands.
 *
 * @throws {MissingReference}
 * @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-envvar
 */
export function ownVariables(variables: readonly EnvVariable[], find: FindData): Texts {
  const isFull = ({ type }: EnvVariable): boolean => type.endsWith('full_reference');
  const full = variables.filter(isFull).map((one) => allKeys(one, find));
  const single = variables.filter((one) => !isFull(one)).map((one) => oneVariable(one, find));
  return Object.assign({}, ...full, ...single) as Texts;
}

const kindOf = ({ type }: EnvVariable) => (type.startsWith('secret') ? 'secret' : 'config_map');

function dataOf(kind: 'secret' | 'config_map', name: string, find: FindData): Texts {
  const data = find(kind, name);
  if (data === undefined) throw new MissingReference(`${kind} "${name}" not found`);
  return data;
}

/** Keys that are no names of variables are left out, as Kubernetes does. */
function allKeys(variable: EnvVariable, find: FindData): Texts {
  const { reference = '', prefix = '' } = variable;
  const named = Object.entries(dataOf(kindOf(variable), reference, find)).map(
    ([key, value]) => [`${prefix}${key}`, value] as const,
  );
  return Object.fromEntries(named.filter(([name]) => /^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(name)));
}

function oneVariable(variable: EnvVariable, find: FindData): Texts {
  const { type, name, value = '', reference = '', key = '' } = variable;
  if (type === 'literal') return { [name ?? '']: value };
  const text = dataOf(kindOf(variable), reference, find)[key];
  if (text === undefined)
    throw new MissingReference(`${kindOf(variable)} "${reference}" has no key "${key}"`);
  return { [name ?? key]: text };
}

/** The files of a component's mounts: one a key, or the one key that the mount names. @throws {MissingReference} */
export function mountedFiles(mounts: readonly VolumeMount[], find: FindData): Texts {
  const files: Record<string, string> = {};
  for (const { mount_path: path, reference, type, sub_path: only } of mounts) {
    if (type === 'persistent_data_store') throw new MissingReference(`${type} "${reference}" not found`);
    const data = dataOf(type, reference, find);
    if (only === undefined) {
      for (const [key, value] of Object.entries(data)) files[`${path.replace(/\/+$/, '')}/${key}`] = value;
      continue;
    }
    const value = data[only];
    if (value === undefined) throw new MissingReference(`${type} "${reference}" has no key "${only}"`);
    files[path] = value;
  }
  return files;
}

/** What Code Engine tells every component of a project. */
export const projectVariables = ({ id, region, subdomain }: Project): Texts => ({
  CE_API_BASE_URL: `https://api.private.${region}.codeengine.cloud.ibm.com`,
  CE_DOMAIN: `${region}.codeengine.appdomain.cloud`,
  CE_PROJECT_ID: id,
  CE_REGION: region,
  CE_SUBDOMAIN: subdomain,
});

/** Where a workload finds the token that says which component it is. */
export const TOKEN_FILE = '/var/run/secrets/codeengine.cloud.ibm.com/compute-resource-token/token';
