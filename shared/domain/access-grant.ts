import {
  type Access,
  type AccessPolicy,
  type Attribute,
  allFit,
  FITS,
  FITS_NOT,
  type Fit,
  subjectFits,
  unclear,
} from './access-policy.ts';
import { actionsOf } from './access-roles.ts';
import { matchesPattern } from './wildcard.ts';

/** What a policy may be about: a service of an account, and of a place in it as much as is known. */
export interface Place {
  readonly accountId: string;
  /** As policies name it: `cloud-object-storage`, `iam-identity`, … */
  readonly service: string;
  /** GUID; absent for services of an account that have no instances, and where it is not known. */
  readonly instanceId?: string;
  /** Absent = `global`, or not known. */
  readonly region?: string;
  /** `bucket`, `serviceid`, `secret-group`: what kind of thing it is in there, and its name. */
  readonly resource?: { readonly type: string; readonly name: string };
}

/** A bucket, as policies name it. */
export const bucketPlace = (accountId: string, instanceId: string, bucket: string): Place => ({
  accountId,
  service: 'cloud-object-storage',
  instanceId,
  resource: { type: 'bucket', name: bucket },
});

/** What a policy gives, if its attributes and conditions fit. */
export interface Grant {
  readonly policy: AccessPolicy;
  readonly fit: Fit;
  readonly actions: readonly string[];
}

/**
 * What a policy gives an identity in a place.
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
    policy.tagged ? unclear('it asks for access tags') : FITS,
    conditions,
  ]);
  return { policy, fit, actions };
}

/** Whether an attribute of a policy fits the target; absent and blank ones do not restrict. */
function attributeFits({ key, operator, values }: Attribute, place: Place): Fit {
  const known = attributesOf(place);
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

/** IAM's own services are those of the platform; they are one group. */
function attributesOf(place: Place): Readonly<Record<string, readonly string[]>> {
  const { accountId, service, instanceId, region, resource } = place;
  const isIam = service.startsWith('iam-');
  const isPlatform = isIam || service === 'context-based-restrictions';
  return {
    accountId: [accountId],
    serviceType: [isPlatform ? 'platform_service' : 'service'],
    serviceName: [service],
    ...(isIam ? { service_group_id: ['IAM'] } : {}),
    ...(instanceId === undefined
      ? {}
      : {
          serviceInstance: [
            instanceId,
            `crn:v1:bluemix:public:${service}:${region ?? 'global'}:a/${accountId}:${instanceId}::`,
          ],
        }),
    ...(region === undefined ? {} : { region: [region] }),
    ...(resource === undefined ? {} : { resourceType: [resource.type], resource: [resource.name] }),
  };
}
