import { conditionsFit } from './access-conditions.ts';
import {
  type Access,
  type AccessPolicy,
  type Attribute,
  allFit,
  FITS,
  FITS_NOT,
  type Fit,
  isRecent,
  type Role,
  subjectFits,
  unclear,
} from './access-policy.ts';
import { blindSpots } from './access-sight.ts';
import { formatDuration } from './time.ts';
import { matchesPattern } from './wildcard.ts';

/** Where an identity wants to write. */
export interface WriteTarget {
  readonly accountId: string;
  /** GUID of the COS instance. */
  readonly instanceId: string;
  readonly bucket: string;
  /** Without a slash at either end; empty = the whole bucket. */
  readonly path: string;
}

/** Each says which policy or role it is, or which right is missing. */
export interface WriteVerdict {
  readonly verdict: 'yes' | 'no' | 'unknown';
  readonly detail: string;
}

const PUT = 'cloud-object-storage.object.put';
/** Whether Logpush sends an object in one piece or in several is not documented. */
const WRITE = [
  PUT,
  'cloud-object-storage.object.post_initiate_upload',
  'cloud-object-storage.object.put_part',
  'cloud-object-storage.object.post_complete_upload',
  'cloud-object-storage.object.delete_upload',
];

/**
 * Whether an identity may write below a path of a bucket, as far as policies tell. Grants only add, so one that covers it
 * is a yes; a no needs that everything was seen, that nothing changed just now, and that nothing is left open. Firewalls,
 * quotas and context-based restrictions may refuse all the same.
 *
 * @param own - the access of whoever read the policies: IAM answers with an empty list to who may not read them. Without it
 *   no `no` is given
 * @see https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-iam-roles-actions
 */
export function judgeWrite(
  access: Access,
  own: Access | undefined,
  target: WriteTarget,
  now: number,
): WriteVerdict {
  const grants = access.policies.map((policy) => grantOf(policy, access, target));
  const certain = grants.filter(({ fit }) => fit.fit === 'yes');
  const missing = missingOf(certain);
  if (missing.length === 0) return { verdict: 'yes', detail: `granted by ${names(certain, WRITE)}` };
  const open = grants.flatMap(({ fit, policy }) =>
    fit.fit === 'unclear' ? [`policy ${policy.id} may grant it, but ${fit.why}`] : [],
  );
  if (!missing.includes(PUT)) {
    const detail = `probably: ${names(certain, [PUT])} grants it, but multipart upload is not granted`;
    return { verdict: 'unknown', detail: [detail, ...open].join('; ') };
  }
  const doubts = [...open, ...access.gaps, ...blindSpots(own, now), ...recentChanges(access, now)];
  if (doubts.length > 0) return { verdict: 'unknown', detail: doubts.join('; ') };
  const where = `bucket ${target.bucket}${target.path === '' ? '' : ` below ${target.path}/`}`;
  const seen = `${access.policies.length} policies in account ${access.accountId}`;
  const detail =
    access.policies.length === 0
      ? `${access.iamId} has no policy in account ${access.accountId}; it takes ${PUT} on ${where}`
      : `none of the ${seen} that ${access.iamId} has grants ${PUT} on ${where}`;
  return { verdict: 'no', detail };
}

/** What a policy gives, if its attributes and conditions fit. */
interface Grant {
  readonly policy: AccessPolicy;
  readonly fit: Fit;
  readonly actions: readonly string[];
}

function grantOf(policy: AccessPolicy, access: Access, target: WriteTarget): Grant {
  const held = policy.roles.map(actionsOf);
  const actions = held.flatMap((of) => of ?? []);
  const role: Fit = actions.some((action) => WRITE.includes(action))
    ? FITS
    : held.includes(undefined)
      ? unclear('what its role may do is not known')
      : FITS_NOT;
  const active = policy.type === 'access' && policy.state === 'active' ? FITS : FITS_NOT;
  const prefix = target.path === '' ? '' : `${target.path}/`;
  const fit = allFit([
    active,
    role,
    subjectFits(policy, access),
    policy.resource.length === 0 ? unclear('what it is about cannot be read') : FITS,
    ...policy.resource.map((attribute) => attributeFits(attribute, target)),
    policy.tagged ? unclear('it asks for access tags of the bucket') : FITS,
    conditionsFit(policy, prefix),
  ]);
  return { policy, fit, actions };
}

const missingOf = (grants: readonly Grant[]): readonly string[] =>
  WRITE.filter((action) => !grants.some(({ actions }) => actions.includes(action)));

const names = (grants: readonly Grant[], actions: readonly string[]): string =>
  grants
    .filter((grant) => grant.actions.some((action) => actions.includes(action)))
    .map(({ policy }) => `policy ${policy.id} (${policy.roles.map(({ id }) => roleName(id)).join(', ')})`)
    .join(' and ');

const roleName = (id: string): string => id.split(':').at(-1) ?? id;

const WRITERS = ['serviceRole:ObjectWriter', 'serviceRole:Writer', 'serviceRole:Manager'];
const NO_WRITERS = [
  'serviceRole:ObjectReader',
  'serviceRole:ContentReader',
  'serviceRole:Reader',
  'role:Viewer',
  'role:Operator',
  'role:Editor',
  'role:Administrator',
];

/**
 * What a role may do with COS: by its actions where they speak of COS, else by its name. IBM's pages disagree about the
 * service in the CRN of a role, so only the end of it counts.
 *
 * @returns undefined when it cannot be told
 */
function actionsOf({ id, actions }: Role): readonly string[] | undefined {
  const own = (actions ?? []).filter((action) => action.startsWith('cloud-object-storage.'));
  if (own.length > 0) return own;
  const name = id.split(':').slice(-2).join(':');
  if (WRITERS.includes(name)) return WRITE;
  if (NO_WRITERS.includes(name) || (actions ?? []).length > 0) return [];
  return undefined;
}

/** Whether an attribute of a policy fits the target; absent and blank ones do not restrict. */
function attributeFits({ key, operator, values }: Attribute, target: WriteTarget): Fit {
  const { accountId, instanceId, bucket } = target;
  const known: Readonly<Record<string, readonly string[]>> = {
    accountId: [accountId],
    serviceType: ['service'],
    serviceName: ['cloud-object-storage'],
    serviceInstance: [
      instanceId,
      `crn:v1:bluemix:public:cloud-object-storage:global:a/${accountId}:${instanceId}::`,
    ],
    resourceType: ['bucket'],
    resource: [bucket],
  };
  const present = known[key];
  if (values.length === 1 && values[0] === '' && !operator.endsWith('AnyOf')) return FITS;
  if (values.length === 0 || values.includes('')) return unclear(`its ${key} cannot be read`);
  if (operator === 'stringExists' && (present !== undefined || key === 'resourceGroupId'))
    return values[0] === 'true' ? FITS : FITS_NOT;
  if (present === undefined) return unclear(`it is limited by ${key} ${values.join(', ')}`);
  switch (operator) {
    case 'stringEquals':
    case 'stringEqualsAnyOf':
      return values.some((value) => present.includes(value)) ? FITS : FITS_NOT;
    case 'stringMatch':
    case 'stringMatchAnyOf':
      return values.some((value) => present.some((text) => matchesPattern(value, text))) ? FITS : FITS_NOT;
    default:
      return unclear(`its ${key} is compared by ${operator}`);
  }
}

/** What changed a moment ago may still act as it did before. */
const recentChanges = ({ policies }: Access, now: number): readonly string[] =>
  policies
    .filter((policy) => isRecent(policy, now))
    .map(
      ({ id, lastModifiedAt = now }) =>
        `policy ${id} was changed ${formatDuration(now - lastModifiedAt)} ago, which may not act everywhere yet`,
    );
