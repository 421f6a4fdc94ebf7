import { createHash } from 'node:crypto';
import { LATER, type Wanted } from '../resource.ts';
import { type Inputs, type Outputs, profileKey, type WantedPolicy } from './inputs.ts';

export const MARK = 'managed-by=logpush-keeper';

/** The name of the profile of an action. */
export const profileName = (inputs: Inputs, action: string): string =>
  `lpk-${inputs.manifest.project.name}-${action}`;

/** Every profile that has something to do: account and action, each once. */
function profilesOf(inputs: Inputs): readonly { readonly account: string; readonly action: string }[] {
  const seen = new Map<string, { readonly account: string; readonly action: string }>();
  for (const { account, action } of inputs.policies) {
    const key = profileKey(inputs, account, action);
    if (!seen.has(key)) seen.set(key, { account, action });
  }
  return [...seen.values()];
}

/** Profiles, what may log in as them, and what they may do. */
export function accessOf(inputs: Inputs, outputs: Outputs): readonly Wanted[] {
  const profiles = profilesOf(inputs);
  return [
    ...profiles.map((one) => profileOf(inputs, outputs, one)),
    ...profiles.map((one) => linkOf(inputs, outputs, one)),
    ...rolesOf(inputs),
    ...merged(inputs).map((policy) => policyOf(inputs, outputs, policy)),
  ];
}

type Owner = ReturnType<typeof profilesOf>[number];

function profileOf(inputs: Inputs, outputs: Outputs, { account, action }: Owner): Wanted {
  const name = profileName(inputs, action);
  const project = outputs('project', '', 'crn');
  return {
    kind: 'profile',
    key: profileKey(inputs, account, action),
    name,
    account,
    fields: {
      name,
      description: project === LATER ? LATER : `${MARK} project=${project} function=${action}`,
    },
  };
}

function linkOf(inputs: Inputs, outputs: Outputs, { account, action }: Owner): Wanted {
  const key = profileKey(inputs, account, action);
  const kind = actionsOf(inputs).find(({ name }) => name === action)?.kind ?? 'job';
  const isCrossAccount = inputs.accounts[account]?.accountId !== inputs.accounts[inputs.account]?.accountId;
  return {
    kind: 'link',
    key: `${key} ${kind}`,
    name: profileName(inputs, action),
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

const actionsOf = ({ manifest }: Inputs) => manifest.packages.flatMap(({ actions }) => actions);

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
    const key = policyKey(inputs, policy);
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
function policyKey(inputs: Inputs, { account, action, resource }: WantedPolicy): string {
  const place = Object.entries(resource)
    .map(([key, value]) => `${key}=${value}`)
    .toSorted();
  return [profileKey(inputs, account, action), ...place].join(' ');
}

function policyOf(inputs: Inputs, outputs: Outputs, policy: WantedPolicy): Wanted {
  const { account, action, name, resource, roles, custom = [], pattern, rule } = policy;
  const own = custom.length === 0 ? [] : [outputs('role', roleKey(inputs, account, custom), 'id')];
  const accountId = inputs.accounts[account]?.accountId ?? '';
  const subject = outputs('profile', profileKey(inputs, account, action), 'iamId');
  return {
    kind: 'policy',
    key: policyKey(inputs, policy),
    name: `${action}: ${name}`,
    account,
    within: subject,
    fields: {
      description: policyMark(`${action}: ${name}`),
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

/** `edge=Profile-…,logs=Profile-…`: under which profile an action logs in to each account of `keeper.yml`. */
export function keeperProfiles(inputs: Inputs, outputs: Outputs, action: string): string {
  const owned = new Set(profilesOf(inputs).map((one) => profileKey(inputs, one.account, one.action)));
  const pairs = Object.keys(inputs.accounts).flatMap((account) => {
    const key = profileKey(inputs, account, action);
    return owned.has(key) ? [[account, outputs('profile', key, 'id')] as const] : [];
  });
  if (pairs.some(([, id]) => id === LATER)) return LATER;
  return pairs.map(([account, id]) => `${account}=${id}`).join(',');
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
