import type { Context } from 'hono';
import * as z from 'zod';
import { seconds } from '../../../shared/domain/time.ts';
import { json, Refusal } from '../http.ts';
import { ConfigMapBody, FunctionBody, JobBody, NAME, SecretBody } from './bodies.ts';
import type { Components } from './components.ts';
import { LARGEST_DEFINITION } from './job-runs.ts';
import type { Component, ConfigMapSpec, FunctionSpec, JobSpec, Project, SecretSpec } from './model.ts';
import {
  type Api,
  badRequest,
  checkTag,
  inProject,
  merged,
  notFound,
  page,
  readMembers,
  refuse,
} from './rest.ts';
import { runtimesAt } from './runtimes.ts';
import { configMapBody, functionBody, jobBody, secretBody } from './wire.ts';

/** What the routes of one kind differ in. */
interface Kind<Spec> {
  /** As operations are named: `Job`. */
  readonly one: string;
  /** As paths and lists are named: `config_maps`. */
  readonly path: string;
  readonly most: number;
  readonly longestName: number;
  readonly change: 'PATCH' | 'PUT';
  readonly components: Components<Spec>;
  readonly schema: z.ZodType<Spec>;
  readonly body: (project: Project, one: Component<Spec>) => unknown;
  /** @throws {Refusal} for what the schema does not see. @param before - what it is to replace */
  readonly check?: (spec: Spec, before: Component<Spec> | undefined) => void;
  readonly onDelete?: (project: Project, name: string, goneAt: number) => void;
}

/** Jobs, functions, secrets and config maps. @see https://cloud.ibm.com/apidocs/codeengine/v2 */
export function componentRoutes(api: Api): void {
  const { codeEngine, host } = api;
  register<JobSpec>(api, {
    one: 'Job',
    path: 'jobs',
    most: 100,
    longestName: 63,
    change: 'PATCH',
    components: codeEngine.jobs,
    schema: JobBody,
    body: jobBody,
    check: checkJob,
    onDelete: (project, name, goneAt) => codeEngine.runs.removeOfJob(project.id, name, goneAt),
  });
  register<FunctionSpec>(api, {
    one: 'Function',
    path: 'functions',
    most: 20,
    longestName: 63,
    change: 'PATCH',
    components: codeEngine.functions,
    schema: FunctionBody,
    body: (project, one) => functionBody(project, one, codeEngine),
    check: (spec, before) => {
      checkRuntime(spec, host.now());
      if (before !== undefined) codeEngine.deployments.servedBy(before);
    },
  });
  register<SecretSpec>(api, {
    one: 'Secret',
    path: 'secrets',
    most: 100,
    longestName: 253,
    change: 'PUT',
    components: codeEngine.secrets,
    schema: SecretBody,
    body: secretBody,
    check: checkFormat,
  });
  register<ConfigMapSpec>(api, {
    one: 'ConfigMap',
    path: 'config_maps',
    most: 100,
    longestName: 253,
    change: 'PUT',
    components: codeEngine.configMaps,
    schema: ConfigMapBody,
    body: configMapBody,
  });
}

function checkJob(spec: JobSpec): void {
  // Answering 400 here would let a client believe that Code Engine itself refuses it.
  if (spec.run_mode === 'daemon') throw new Refusal(501, { error: 'the local cloud runs tasks only' });
  if (JSON.stringify(spec).length > LARGEST_DEFINITION)
    throw badRequest(`the definition has more than ${LARGEST_DEFINITION} characters`);
}

function checkRuntime({ runtime }: FunctionSpec, now: number): void {
  if (runtimesAt(now).some(({ id }) => id === runtime)) return;
  throw badRequest(`there is no runtime "${runtime}", or no longer`);
}

function checkFormat({ format }: SecretSpec, before: Component<SecretSpec> | undefined): void {
  if (before !== undefined && before.spec.format !== format)
    throw badRequest('the format of a secret cannot be changed');
}

function register<Spec extends object>(api: Api, kind: Kind<Spec>): void {
  const { one, path, components, body } = kind;
  const { settings } = api.host;
  const route = inProject(api);
  const found = (c: Context, project: Project): Component<Spec> => {
    const name = c.req.param('name') ?? '';
    const component = components.get(project.id, name);
    if (component === undefined) throw notFound(`${path} "${name}"`);
    return component;
  };
  const parse = (members: object, before?: Component<Spec>): Spec => {
    const parsed = kind.schema.safeParse(members);
    if (!parsed.success) throw badRequest(z.prettifyError(parsed.error));
    kind.check?.(parsed.data, before);
    return parsed.data;
  };

  route(`list${one}s`, 'GET', `/${path}`, 'tenant.entities.read', (c, project) =>
    page(c, api, path, wanted(c, components.list(project.id)), (item) => body(project, item)),
  );
  route(`create${one}`, 'POST', `/${path}`, 'tenant.entities.create', async (c, project) => {
    const { name, ...members } = await readMembers(c, api);
    if (typeof name !== 'string' || name.length > kind.longestName || !isName(name, path))
      throw badRequest('name is missing or not valid');
    const spec = parse(members);
    if (components.get(project.id, name) !== undefined)
      throw refuse(409, 'resource_already_exists', `${path} "${name}" exists`);
    if (components.list(project.id).length >= kind.most)
      throw refuse(settings.codeEngine.quotaStatus, 'quota_exceeded', `the project has ${kind.most} ${path}`);
    return json(201, body(project, components.add(project.id, name, spec)));
  });
  route(`get${one}`, 'GET', `/${path}/:name`, 'tenant.entities.read', (c, project) =>
    json(200, body(project, found(c, project))),
  );
  const verb = kind.change === 'PATCH' ? 'update' : 'replace';
  route(`${verb}${one}`, kind.change, `/${path}/:name`, 'tenant.entities.update', async (c, project) => {
    const component = found(c, project);
    const type = c.req.header('content-type') ?? '';
    if (kind.change === 'PATCH' && !type.startsWith('application/merge-patch+json'))
      throw refuse(415, 'unsupported_media_type', 'send application/merge-patch+json');
    const { name: _, ...members } = await readMembers(c, api);
    checkTag(c, api, component);
    const spec = parse(kind.change === 'PATCH' ? merged(component.spec, members) : members, component);
    return json(200, body(project, components.update(project.id, component.name, spec)));
  });
  route(`delete${one}`, 'DELETE', `/${path}/:name`, 'tenant.entities.delete', (c, project) => {
    const { name } = found(c, project);
    const goneAt = api.host.now() + seconds(settings.codeEngine.deleteDelaySeconds);
    components.remove(project.id, name, goneAt);
    kind.onDelete?.(project, name, goneAt);
    return new Response(null, { status: 202 });
  });
}

/** Secrets and config maps may have dots in their names. */
const isName = (name: string, path: string): boolean =>
  NAME.test(name) || (/s(ecrets|_maps)$/.test(path) && /^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/.test(name));

/** Secrets are listed by format, too. */
const wanted = <Spec>(c: Context, all: readonly Component<Spec>[]): readonly Component<Spec>[] => {
  const format = c.req.query('format');
  const has = ({ spec }: Component<Spec>): boolean =>
    typeof spec !== 'object' || spec === null || !('format' in spec) || spec.format === format;
  return format === undefined ? all : all.filter(has);
};
