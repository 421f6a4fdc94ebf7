import type { Place } from './access-grant.ts';
import { actionsOf } from './access-roles.ts';
import { type Fleet, type WantedPart, wantsOf } from './doctor/wants.ts';
import type { KeeperFunction } from './needs.ts';
import type { RightName } from './rights.ts';

/** What one policy gives the identity of a function: everything that it needs in one place. */
export interface Grant {
  /** Name of the account in `keeper.yml`. */
  readonly account: string;
  readonly place: Place;
  /** What the keys of objects begin with, for example `keeper/`; empty = it is not about some objects alone. */
  readonly paths: readonly string[];
  /** Why it is given. */
  readonly rights: readonly RightName[];
  /** Everything that it is for. */
  readonly actions: readonly string[];
  /** Roles of IBM's, as people see them. */
  readonly roles: readonly string[];
  /** What a role of the account's own is to hold beside those; empty = there is none. */
  readonly custom: readonly string[];
}

/**
 * The policies of a function: one for each place, because IAM refuses a second one for the same subject and resource. Where a
 * bucket is asked for as a whole and below a path, it is given as a whole.
 *
 * @param roles - `system`: IBM's roles; `custom`: roles of the account's own that hold exactly the actions, except where
 *   IBM's role is a Viewer, which holds nothing but reads, and for which the platform prints no actions
 * @see https://cloud.ibm.com/apidocs/iam-policy-management#create-v2-policy
 */
export function grantsOf(fleet: Fleet, name: KeeperFunction, roles: 'system' | 'custom'): readonly Grant[] {
  const asked = wantsOf(fleet, [name]).flatMap(({ account, right, parts }) =>
    parts.map((part) => ({ account, right, part })),
  );
  const byPlace = Map.groupBy(asked, ({ account, part }) =>
    JSON.stringify([account, attributesOf(part.place)]),
  );
  return [...byPlace.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [grantFor(first.account, group, roles)];
  });
}

type Asked = { readonly right: RightName; readonly part: WantedPart };

function grantFor(account: string, asked: readonly Asked[], mode: 'system' | 'custom'): Grant {
  const parts = asked.map(({ part }) => part);
  const isSystem = ({ roles }: WantedPart): boolean => mode === 'system' || isViewer(roles);
  const place = parts[0]?.place ?? { accountId: '', service: '' };
  const system = parts.filter(isSystem);
  return {
    account,
    place,
    paths: parts.some(({ path = '' }) => path === '') ? [] : distinct(parts.flatMap(({ path = '' }) => path)),
    rights: distinct(asked.map(({ right }) => right)),
    actions: distinct(parts.flatMap(({ actions }) => actions)),
    roles: fewest(
      distinct(system.flatMap(({ roles }) => roles)),
      distinct(system.flatMap(({ actions }) => actions)),
      place.service,
    ),
    custom: distinct(parts.filter((part) => !isSystem(part)).flatMap(({ actions }) => actions)).toSorted(),
  };
}

const isViewer = (roles: readonly string[]): boolean => roles.every((role) => role === 'Viewer');

/** Without the roles of which others hold everything that is asked for. */
const fewest = (roles: readonly string[], actions: readonly string[], service: string): readonly string[] =>
  roles.reduce<readonly string[]>((kept, role) => {
    const others = kept.filter((one) => one !== role).flatMap((one) => held(one, service));
    const own = held(role, service).filter((action) => actions.includes(action));
    return own.length > 0 && own.every((action) => others.includes(action))
      ? kept.filter((one) => one !== role)
      : kept;
  }, roles);

const PLATFORM = /^(?:Viewer|Operator|Editor|Administrator)$/;

const held = (role: string, service: string): readonly string[] => {
  const kind = PLATFORM.test(role) ? 'role' : 'serviceRole';
  return actionsOf({ id: `crn:v1:bluemix:public:iam::::${kind}:${role.replaceAll(' ', '')}` }, service) ?? [];
};

/** One attribute of a policy's resource, as IAM takes it. */
export interface ResourceAttribute {
  readonly key: string;
  readonly operator: 'stringEquals';
  readonly value: string;
}

/**
 * What a policy about a place says of its resource. Instances are named by their GUIDs.
 *
 * @see https://cloud.ibm.com/apidocs/iam-policy-management#create-v2-policy
 */
export const attributesOf = ({
  accountId,
  service,
  instanceId,
  resource,
}: Place): readonly ResourceAttribute[] =>
  (
    [
      ['accountId', accountId],
      ['serviceName', service],
      ['serviceInstance', instanceId],
      ['resourceType', resource?.type],
      ['resource', resource?.name],
    ] as const
  ).flatMap(([key, value]) => (value === undefined ? [] : [{ key, operator: 'stringEquals', value }]));

/** A condition of a policy, as IAM takes it. */
type Condition =
  | { readonly key: string; readonly operator: string; readonly value: string | readonly string[] }
  | { readonly operator: 'and' | 'or'; readonly conditions: readonly Condition[] };

/** The pattern and the rule of a policy that is about some objects alone. */
export interface PathRule {
  readonly pattern: 'attribute-based-condition:resource:literal-and-wildcard';
  readonly rule: Condition;
}

/**
 * The condition of a policy: objects below its paths, lists of them where it is for listing, and the bucket itself where it is for that.
 *
 * @returns undefined when it is about everything in its place
 * @see https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-fine-grained-access-control
 */
export function pathRuleOf({ paths, actions }: Grant): PathRule | undefined {
  if (paths.length === 0) return undefined;
  const lists = actions.includes(LIST);
  const looks = actions.some((action) => action !== LIST && /\.bucket\./.test(action));
  return {
    pattern: 'attribute-based-condition:resource:literal-and-wildcard',
    rule: {
      operator: 'or',
      conditions: [
        ...paths.flatMap((path) => [below('path', path), ...(lists ? [listing(path)] : [])]),
        ...(looks ? [ABOUT_NO_OBJECT] : []),
      ],
    },
  };
}

const LIST = 'cloud-object-storage.bucket.get';

/** Calls about the bucket itself have none of these attributes; listings have the last two. */
const ABOUT_NO_OBJECT: Condition = {
  operator: 'and',
  conditions: (['path', 'prefix', 'delimiter'] as const).map((attribute) => ({
    key: `{{resource.attributes.${attribute}}}`,
    operator: 'stringExists',
    value: 'false',
  })),
};

const below = (attribute: 'path' | 'prefix', path: string): Condition => ({
  key: `{{resource.attributes.${attribute}}}`,
  operator: 'stringMatch',
  value: `${path}*`,
});

const listing = (path: string): Condition => ({
  operator: 'and',
  conditions: [
    below('prefix', path),
    { key: '{{resource.attributes.delimiter}}', operator: 'stringEqualsAnyOf', value: ['/', ''] },
  ],
});

const distinct = <T>(items: readonly T[]): readonly T[] => [...new Set(items)];
