import {
  type Access,
  type AccessPolicy,
  type Attribute,
  allFit,
  FITS,
  FITS_NOT,
  type Fit,
  type Role,
  subjectFits,
  unclear,
} from './access-policy.ts';
import { matchesPattern } from './wildcard.ts';

/** A bucket, or a Cloud Logs instance, as policies name it. */
export interface Place {
  readonly accountId: string;
  readonly service: 'cloud-object-storage' | 'logs';
  /** GUID of the instance. */
  readonly instanceId: string;
  readonly bucket?: string;
  /** Of a Cloud Logs instance. */
  readonly region?: string;
}

export const PUT = 'cloud-object-storage.object.put';
/** Whether Logpush sends an object in one piece or in several is not documented. */
export const WRITE = [
  PUT,
  'cloud-object-storage.object.post_initiate_upload',
  'cloud-object-storage.object.put_part',
  'cloud-object-storage.object.post_complete_upload',
  'cloud-object-storage.object.delete_upload',
];
/** IBM's pages name one or the other. */
export const SEND = ['logs.data-ingress.send', 'logs.data.send'];
export const GET_FIREWALL = 'cloud-object-storage.bucket.get_firewall';
export const GET_QUOTA = 'cloud-object-storage.bucket.get_quota';
export const GET_ROOT_KEY = 'cloud-object-storage.bucket.list_crk_id';

/** What a policy gives, if its attributes and conditions fit. */
export interface Grant {
  readonly policy: AccessPolicy;
  readonly fit: Fit;
  readonly actions: readonly string[];
}

/**
 * What a policy gives an identity at a place.
 *
 * @param wanted - the actions that are asked about
 * @param conditions - whether its conditions hold
 */
export function grantOf(
  policy: AccessPolicy,
  access: Access,
  place: Place,
  wanted: readonly string[],
  conditions: Fit,
): Grant {
  const held = policy.roles.map((role) => actionsOf(role, place.service));
  const actions = held.flatMap((of) => of ?? []);
  const role: Fit = actions.some((action) => wanted.includes(action))
    ? FITS
    : held.includes(undefined)
      ? unclear('what its role may do is not known')
      : FITS_NOT;
  const active = policy.type === 'access' && policy.state === 'active' ? FITS : FITS_NOT;
  const fit = allFit([
    active,
    role,
    subjectFits(policy, access),
    policy.resource.length === 0 ? unclear('what it is about cannot be read') : FITS,
    ...policy.resource.map((attribute) => attributeFits(attribute, place)),
    policy.tagged ? unclear('it asks for access tags of the bucket') : FITS,
    conditions,
  ]);
  return { policy, fit, actions };
}

/** Of the actions above; what both services know. */
const COMMON_ROLES = {
  'serviceRole:Reader': [],
  'role:Viewer': [],
  'role:Operator': [],
  'role:Editor': [],
  'role:Administrator': [],
} as const;
/**
 * @see https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-iam-roles-actions
 * @see https://cloud.ibm.com/docs/cloud-logs?topic=cloud-logs-iam-actions
 */
const ROLES: Readonly<Record<Place['service'], Readonly<Record<string, readonly string[]>>>> = {
  'cloud-object-storage': {
    ...COMMON_ROLES,
    'serviceRole:ObjectWriter': WRITE,
    'serviceRole:Writer': [...WRITE, GET_QUOTA, GET_ROOT_KEY],
    'serviceRole:Manager': [...WRITE, GET_QUOTA, GET_ROOT_KEY, GET_FIREWALL],
    'serviceRole:ObjectReader': [],
    'serviceRole:ContentReader': [],
  },
  logs: {
    ...COMMON_ROLES,
    'serviceRole:Sender': SEND,
    'serviceRole:Writer': SEND,
    'serviceRole:Manager': SEND,
    'serviceRole:DataAccessReader': [],
  },
};

/**
 * What a role may do with a service: by its actions where they speak of it, else by its name. IBM's pages disagree about the
 * service in the CRN of a role, so only the end of it counts.
 *
 * @returns undefined when it cannot be told
 */
function actionsOf({ id, actions }: Role, service: Place['service']): readonly string[] | undefined {
  const own = (actions ?? []).filter((action) => action.startsWith(`${service}.`));
  if (own.length > 0) return own;
  const known = ROLES[service][id.split(':').slice(-2).join(':')];
  return known ?? ((actions ?? []).length > 0 ? [] : undefined);
}

/** Whether an attribute of a policy fits the target; absent and blank ones do not restrict. */
function attributeFits(
  { key, operator, values }: Attribute,
  { accountId, service, instanceId, bucket, region }: Place,
): Fit {
  const known: Readonly<Record<string, readonly string[]>> = {
    accountId: [accountId],
    serviceType: ['service'],
    serviceName: [service],
    serviceInstance: [
      instanceId,
      `crn:v1:bluemix:public:${service}:${region ?? 'global'}:a/${accountId}:${instanceId}::`,
    ],
    ...(bucket === undefined ? {} : { resourceType: ['bucket'], resource: [bucket] }),
    ...(region === undefined ? {} : { region: [region] }),
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
