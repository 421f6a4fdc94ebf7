import { createHash } from 'node:crypto';
import { instanceName } from '../../../shared/runtime/manifest/arrays.ts';
import { LATER, type Wanted } from '../resource.ts';
import { actionsOf, type Inputs, indicesOf, type Outputs, profileKey, type WantedPolicy } from './inputs.ts';

export const MARK = 'managed-by=logpush-keeper';

/** The name of the profile of an instance of an action. */
export const profileName = ({ manifest }: Inputs, action: string, index: number): string =>
  `lpk-${manifest.project.name}-${instanceName(action, index)}`;

/** Who has a profile: one instance of an action, in one account. */
interface Owner {
  readonly account: string;
  readonly action: string;
  readonly index: number;
}

/** Every profile that has something to do: account, action and instance, each once. */
function profilesOf(inputs: Inputs): readonly Owner[] {
  const seen = new Map<string, Omit<Owner, 'index'>>();
  for (const { account, action } of inputs.policies) {
    const key = profileKey(inputs, account, action);
    if (!seen.has(key)) seen.set(key, { account, action });
  }
  return [...seen.values()].flatMap((one) => ofEach(inputs, one));
}

/** The same for each instance of an action. */
const ofEach = <T extends { readonly action: string }>({ manifest }: Inputs, one: T) =>
  indicesOf(manifest, one.action).map((index) => ({ ...one, index }));

/** Profiles, what may log in as them, and what they may do. */
export function accessOf(inputs: Inputs, outputs: Outputs): readonly Wanted[] {
  const profiles = profilesOf(inputs);
  return [
    ...profiles.map((one) => profileOf(inputs, outputs, one)),
    ...profiles.map((one) => linkOf(inputs, outputs, one)),
    ...rolesOf(inputs),
    ...merged(inputs)
      .flatMap((policy) => ofEach(inputs, policy))
      .map((policy) => policyOf(inputs, outputs, policy)),
  ];
}

function profileOf(inputs: Inputs, outputs: Outputs, { account, action, index }: Owner): Wanted {
  const name = profileName(inputs, action, index);
  const project = outputs('project', '', 'crn');
  return {
    kind: 'profile',
    key: profileKey(inputs, account, action, index),
    name,
    account,
    fields: {
      name,
      description: project === LATER ? LATER : `${MARK} project=${project} function=${action}`,
    },
  };
}

/** All instances are the same component: each may log in as any of the action's profiles. */
function linkOf(inputs: Inputs, outputs: Outputs, { account, action, index }: Owner): Wanted {
  const key = profileKey(inputs, account, action, index);
  const kind = actionsOf(inputs.manifest).find(({ name }) => name === action)?.kind ?? 'job';
  const isCrossAccount = inputs.accounts[account]?.accountId !== inputs.accounts[inputs.account]?.accountId;
  return {
    kind: 'link',
    key: `${key} ${kind}`,
    name: profileName(inputs, action, index),
    account,
    within: outputs('profile', key, 'id'),
    fields: {
      crn: outputs('project', '', 'crn'),
      component_type: kind,
      component_name: action,
      is_cross_account: isCrossAccount,
    },
  };
}

/** Roles that hold exactly what is asked for, each set of actions once in an account: IAM refuses a second one. */
function rolesOf(inputs: Inputs): readonly Wanted[] {
  const roles = new Map<string, Wanted>();
  for (const { account, resource, custom = [] } of merged(inputs)) {
    const key = roleKey(inputs, account, custom);
    if (custom.length === 0 || roles.has(key)) continue;
    const name = `LogpushKeeper${digest(custom)}`;
    const service = resource['serviceName'] ?? '';
    const fields = { display_name: name, actions: custom };
    roles.set(key, { kind: 'role', key, name, account, within: service, fields });
  }
  return [...roles.values()];
}

const digest = (actions: readonly string[]): string =>
  createHash('sha256').update(actions.join(' ')).digest('hex').slice(0, 8);

const roleKey = (inputs: Inputs, account: string, custom: readonly string[]): string =>
  `${inputs.accounts[account]?.accountId ?? account} ${digest(custom)}`;

/** One policy for each profile and place, with all roles in it: IAM refuses a second one. */
function merged(inputs: Inputs): readonly WantedPolicy[] {
  const policies = new Map<string, WantedPolicy>();
  for (const policy of inputs.policies) {
    const key = policyKey(inputs, { ...policy, index: 0 });
    const known = policies.get(key);
    const roles = [...new Set([...(known?.roles ?? []), ...policy.roles])];
    const custom = [...new Set([...(known?.custom ?? []), ...(policy.custom ?? [])])].toSorted();
    // Of one that is about everything in its place and one about a part the first holds both.
    const widest = known?.rule === undefined ? (known ?? policy) : policy;
    policies.set(key, { ...widest, roles, custom });
  }
  return [...policies.values()];
}

/** Without roles and conditions: with others it is the same policy, changed. */
function policyKey(inputs: Inputs, { account, action, index, resource }: OwnPolicy): string {
  const place = Object.entries(resource)
    .map(([key, value]) => `${key}=${value}`)
    .toSorted();
  return [profileKey(inputs, account, action, index), ...place].join(' ');
}

type OwnPolicy = WantedPolicy & Owner;

function policyOf(inputs: Inputs, outputs: Outputs, policy: OwnPolicy): Wanted {
  const { account, action, index, resource, roles, custom = [], pattern, rule } = policy;
  const name = `${instanceName(action, index)}: ${policy.name}`;
  const own = custom.length === 0 ? [] : [outputs('role', roleKey(inputs, account, custom), 'id')];
  const accountId = inputs.accounts[account]?.accountId ?? '';
  const subject = outputs('profile', profileKey(inputs, account, action, index), 'iamId');
  return {
    kind: 'policy',
    key: policyKey(inputs, policy),
    name,
    account,
    within: subject,
    fields: {
      description: policyMark(name),
      iam_id: subject,
      resource: { accountId, ...resource },
      roles: [...roles, ...own].toSorted(),
      ...(pattern === undefined ? {} : { pattern }),
      ...(rule === undefined ? {} : { rule }),
    },
  };
}

/** The description of a policy of this name. */
export const policyMark = (name: string): string => `${MARK} ${name}`.slice(0, LONGEST_DESCRIPTION);

/** IBM publishes no limit. */
const LONGEST_DESCRIPTION = 250;

/**
 * `edge=Profile-…,logs=Profile-…`: under which profile an action logs in to each account of `keeper.yml`; of several instances
 * each has its own, in the order of their indices and with `+` between them.
 */
export function keeperProfiles(inputs: Inputs, outputs: Outputs, action: string): string {
  const owned = new Set(inputs.policies.map((one) => profileKey(inputs, one.account, one.action)));
  const pairs = Object.keys(inputs.accounts).flatMap((account) => {
    if (!owned.has(profileKey(inputs, account, action))) return [];
    const ids = indicesOf(inputs.manifest, action).map((index) =>
      outputs('profile', profileKey(inputs, account, action, index), 'id'),
    );
    return [[account, ids] as const];
  });
  if (pairs.some(([, ids]) => ids.includes(LATER))) return LATER;
  return pairs.map(([account, ids]) => `${account}=${ids.join('+')}`).join(',');
}

/** Code Engine is told of objects in the ring bucket only with this. */
export function authorizationOf(inputs: Inputs, outputs: Outputs): readonly Wanted[] {
  const { authorization, account } = inputs;
  if (authorization === undefined) return [];
  const accountId = inputs.accounts[account]?.accountId ?? '';
  const project = outputs('project', '', 'id');
  return [
    {
      kind: 'authorization',
      key: `codeengine cloud-object-storage ${authorization.instance}`,
      name: `Code Engine to Object Storage ${authorization.instance}`,
      account,
      within: project,
      fields: {
        description: MARK,
        subject: { accountId, serviceName: 'codeengine', serviceInstance: project },
        resource: { accountId, serviceName: 'cloud-object-storage', serviceInstance: authorization.instance },
        roles: [authorization.role],
      },
    },
  ];
}
