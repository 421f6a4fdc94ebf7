import type { World } from '../../../infra/local/world.ts';
import { cisCrn } from '../../../infra/local/world-file.ts';

/** What there is, in names in place of ids, so that two worlds can be compared that went different ways. */
export function endState(world: World): readonly string[] {
  const { codeEngine, iam, cis, file } = world;
  const projects = file.accounts.flatMap(({ id }) => codeEngine.projects.list(id));
  const profiles = file.accounts.flatMap(({ id }) => iam.profiles.ofAccount(id));
  const names = new Map([
    ...projects.map(({ id, name }) => [id, `project ${name}`] as const),
    ...profiles.map(({ id, name }) => [id.replace(/^Profile-/, ''), `profile ${name}`] as const),
  ]);
  const named = (value: unknown): string =>
    [...names].reduce((text, [id, name]) => text.replaceAll(id, name), JSON.stringify(value));
  const accountIds = new Map(file.accounts.map(({ name, id }) => [name, id]));
  const crns = file.cis.map(({ account, guid }) => cisCrn(accountIds.get(account) ?? '', guid));
  const items = projects.flatMap(({ id }) => [
    ...codeEngine.configMaps.list(id).map(({ name, spec }) => named({ name, data: configOf(spec.data) })),
    ...codeEngine.secrets.list(id).map(({ name, spec }) => named({ name, data: secretOf(name, spec.data) })),
    ...codeEngine.jobs.list(id).map(({ name, spec }) => named({ name, spec })),
    ...codeEngine.functions.list(id).map(({ name, spec }) => named({ name, spec })),
    ...codeEngine.subscriptions.list(id).map((one) => named({ ...one, id: '', createdAt: 0 })),
  ]);
  return [
    ...projects.map(({ name }) => name),
    ...items,
    ...profiles.map(({ name, description }) => named({ name, description })),
    ...profiles.flatMap(({ id }) =>
      iam.profiles
        .links(id)
        .map((link) => named({ ...link, id: '', entityTag: '', createdAt: 0, modifiedAt: 0 })),
    ),
    ...iam.policies
      .all()
      .filter(({ state }) => state === 'active')
      .map(({ subject, resource, roles, rule, description }) =>
        named({ subject, resource, roles, rule, description }),
      ),
    ...crns.flatMap((crn) => cis.alerting.webhooks(crn).map(({ name, url }) => named({ name, url }))),
    ...crns.flatMap((crn) =>
      cis.alerting
        .policies(crn)
        .map(({ body }) => named({ ...body, mechanisms: Object.keys(body.mechanisms) })),
    ),
  ].toSorted();
}

/** What the deployment makes up differs from one to the next. */
const secretOf = (name: string, data: Readonly<Record<string, string>>) =>
  name === 'keeper-webhook' ? Object.keys(data) : data;

/** Of the state what it lists: ids, writers and revisions differ. */
const configOf = (data: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(data).map(([key, text]) => [key, key === 'state.json' ? listed(text) : text]),
  );

function listed(text: string): unknown {
  const { resources } = JSON.parse(text) as {
    readonly resources: readonly { readonly kind: string; readonly name: string; readonly id?: string }[];
  };
  return resources
    .map(({ kind, name, id }) => `${kind} ${name} ${id === undefined ? 'open' : 'there'}`)
    .toSorted();
}
