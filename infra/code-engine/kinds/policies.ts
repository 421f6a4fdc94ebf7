import type { Clock } from '../../../shared/ports.ts';
import type { AttributeWire, PoliciesClient, PolicyWire } from '../clients/policies.ts';
import { MARK, policyMark } from '../desired/access.ts';
import {
  ConflictError,
  type Fields,
  type Handler,
  idOf,
  LATER,
  type Live,
  same,
  type Target,
  textOf,
  type Value,
  type Wanted,
} from '../resource.ts';
import { conflicts } from './items.ts';
import { type InAccount, onceKnown } from './profiles.ts';

/** Attributes by their keys; one that is not a plain equality says so in its value. */
const attributesOf = (part: { readonly attributes: readonly AttributeWire[] } | null | undefined): Fields =>
  Object.fromEntries(
    (part?.attributes ?? []).map(({ key, operator, value }) => [
      key,
      operator === 'stringEquals' ? textOf(value) : `${operator} ${JSON.stringify(value)}`,
    ]),
  );

const rolesOf = ({ control }: PolicyWire): readonly string[] =>
  control.grant.roles.map(({ role_id }) => role_id).toSorted();

const accessFields = (policy: PolicyWire): Fields => ({
  description: policy.description ?? '',
  iam_id: textOf(attributesOf(policy.subject)['iam_id']),
  resource: attributesOf(policy.resource),
  roles: rolesOf(policy),
  ...(policy.pattern == null || policy.pattern === '' ? {} : { pattern: policy.pattern }),
  ...(policy.rule == null ? {} : { rule: policy.rule as Value }),
});

const authorizationFields = (policy: PolicyWire): Fields => ({
  description: policy.description ?? '',
  subject: attributesOf(policy.subject),
  resource: attributesOf(policy.resource),
  roles: rolesOf(policy),
});

const attributes = (values: Value | undefined): readonly AttributeWire[] =>
  Object.entries((values ?? {}) as Readonly<Record<string, string>>).map(([key, value]) => ({
    key,
    operator: 'stringEquals',
    value,
  }));

const rolesIn = ({ fields }: Wanted) => ({
  grant: { roles: (fields['roles'] as readonly string[]).map((role_id) => ({ role_id })) },
});

/** @see https://cloud.ibm.com/apidocs/iam-policy-management#create-v2-policy */
const accessBody = (wanted: Wanted): Readonly<Record<string, unknown>> => {
  const { description, iam_id: iamId, resource, pattern, rule } = wanted.fields;
  return {
    type: 'access',
    description,
    subject: { attributes: attributes({ iam_id: iamId ?? '' }) },
    resource: { attributes: attributes(resource) },
    control: rolesIn(wanted),
    ...(pattern === undefined ? {} : { pattern }),
    ...(rule === undefined ? {} : { rule }),
  };
};

/** What the profiles may do. The description is the mark. */
export function policiesIn(clients: InAccount<PoliciesClient>, clock: Clock): Handler {
  const liveOf = (policy: PolicyWire): Live => ({ id: policy.id, fields: accessFields(policy) });
  return {
    async look(targets) {
      const found = new Map<string, Live>();
      for (const subject of new Set(targets.map(({ within = LATER }) => within))) {
        const here = targets.filter(({ within = LATER }) => within === subject);
        const [first] = here;
        if (subject === LATER || first === undefined) continue;
        const policies = await clients(first.account).access(subject);
        for (const target of here) {
          const policy = policyOf(policies, target);
          if (policy === undefined) continue;
          const marked = (policy.description ?? '').startsWith(MARK);
          found.set(idOf(target), { ...liveOf(policy), marked });
        }
      }
      return found;
    },
    create: async (wanted) =>
      liveOf(await onceKnown(clock, () => clients(wanted.account).create(accessBody(wanted)))),
    async update(wanted, live) {
      const client = clients(wanted.account);
      const now = await client.get(live.id);
      // The tag comes with what it is of: somebody may have changed that since it was looked at.
      if (now === undefined || !same(accessFields(now.policy), live.fields))
        throw new ConflictError(`policy ${live.id} has changed`);
      return liveOf(await conflicts(() => client.replace(live.id, now.tag, accessBody(wanted))));
    },
    remove: ({ account }, live) => clients(account).remove(live.id),
  };
}

const policyOf = (policies: readonly PolicyWire[], { id, name, fields }: Target): PolicyWire | undefined =>
  policies.find((policy) => policy.id === id) ??
  policies.find((policy) =>
    fields === undefined
      ? policy.description === policyMark(name)
      : same(attributesOf(policy.resource), fields['resource']),
  );

/** Between services of an account. One that a person made, and that says as much, does as well. */
export function authorizationsIn(clients: InAccount<PoliciesClient>, clock: Clock): Handler {
  const liveOf = (policy: PolicyWire): Live => ({ id: policy.id, fields: authorizationFields(policy) });
  const isFor = (policy: PolicyWire, { fields, within }: Target): boolean =>
    fields === undefined
      ? policy.description === MARK && attributesOf(policy.subject)['serviceInstance'] === within
      : saysAsMuch(authorizationFields(policy), fields);
  return {
    async look(targets) {
      const found = new Map<string, Live>();
      for (const target of targets) {
        const all = await clients(target.account).authorizations();
        const policy = all.find(({ id }) => id === target.id) ?? all.find((one) => isFor(one, target));
        if (policy !== undefined)
          found.set(idOf(target), { ...liveOf(policy), marked: policy.description === MARK });
      }
      return found;
    },
    create: async (wanted) => {
      const { fields, account } = wanted;
      const body = {
        type: 'authorization',
        description: MARK,
        subject: { attributes: attributes(fields['subject']) },
        resource: { attributes: attributes(fields['resource']) },
        control: rolesIn(wanted),
      };
      return liveOf(await onceKnown(clock, () => clients(account).createAuthorization(body)));
    },
    update: () => Promise.reject(new Error('an authorization is made anew')),
    remove: ({ account }, live) => clients(account).removeAuthorization(live.id),
  };
}

/** Elsewhere an instance may stand with its whole CRN. */
function saysAsMuch(is: Fields, wanted: Fields): boolean {
  const part = (fields: Fields, name: string) => (fields[name] ?? {}) as Readonly<Record<string, string>>;
  const fits = (name: string): boolean =>
    Object.entries(part(is, name)).every(([key, value]) => {
      const ours = part(wanted, name)[key];
      return ours !== undefined && (value === ours || value.split(':')[7] === ours);
    });
  const roles = is['roles'] as readonly string[];
  return (
    fits('subject') &&
    fits('resource') &&
    part(is, 'subject')['serviceName'] === part(wanted, 'subject')['serviceName'] &&
    part(is, 'resource')['serviceName'] === part(wanted, 'resource')['serviceName'] &&
    (wanted['roles'] as readonly string[]).every((role) => roles.includes(role))
  );
}
