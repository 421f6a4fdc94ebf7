import { type Attribute, attributeHolds } from './matching.ts';
import type { PolicyContent } from './policy-content.ts';

/** One side of an authorization: a service, and one instance of it. */
export interface ServiceInstance {
  readonly service: string;
  /** GUID, or the whole CRN. */
  readonly instance: string;
}

/**
 * Whether an authorization speaks of these two instances. The account of a side is looked at where a CRN says it: an instance's
 * GUID is its own everywhere.
 *
 * @see https://cloud.ibm.com/docs/account?topic=account-serviceauth
 */
export const isBetween = (
  { subject, resource }: Pick<PolicyContent, 'subject' | 'resource'>,
  source: ServiceInstance,
  target: ServiceInstance,
): boolean => speaksOf(subject, source) && speaksOf(resource, target);

function speaksOf(attributes: readonly Attribute[], { service, instance }: ServiceInstance): boolean {
  const [, , , , , , scope = '', guid = ''] = instance.split(':');
  const isCrn = instance.startsWith('crn:');
  const known: Readonly<Record<string, readonly string[] | undefined>> = {
    serviceName: [service],
    serviceInstance: isCrn ? [instance, guid] : [instance],
    accountId: isCrn ? [scope.replace(/^a\//, '')] : undefined,
  };
  return attributes.every(
    (attribute) =>
      (attribute.key === 'accountId' && !isCrn) ||
      attributeHolds(guidOf(attribute, isCrn), known[attribute.key]),
  );
}

/** Who asks by a GUID means the instance that an authorization may name by its CRN. */
const guidOf = (attribute: Attribute, isCrn: boolean): Attribute =>
  attribute.key === 'serviceInstance' && !isCrn && typeof attribute.value === 'string'
    ? { ...attribute, value: attribute.value.split(':')[7] ?? attribute.value }
    : attribute;
