import { grantOf, type Place } from '../access-grant.ts';
import { type Access, FITS, isRecent, unclear } from '../access-policy.ts';
import { GET_FIREWALL, GET_QUOTA, GET_ROOT_KEY } from '../access-roles.ts';
import type { BucketConfiguration } from './limits.ts';

/** What may refuse writes, and is not shown to everybody. */
export type Limit = 'firewall' | 'quota' | 'root key';

/** Who may see it. @see https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-iam */
export const SHOWN_TO: Readonly<Record<Limit, { readonly role: string; readonly action: string }>> = {
  firewall: { role: 'Manager', action: GET_FIREWALL },
  quota: { role: 'Writer', action: GET_QUOTA },
  'root key': { role: 'Writer', action: GET_ROOT_KEY },
};

/** What is not in the answers: it is not set, or not shown. */
export const absentLimits = (
  { firewall, hardQuota }: BucketConfiguration,
  rootKeyCrn: string | undefined,
): readonly Limit[] => [
  ...(firewall === undefined ? (['firewall'] as const) : []),
  ...(hardQuota === undefined ? (['quota'] as const) : []),
  ...(rootKeyCrn === undefined ? (['root key'] as const) : []),
];

/** The account that a bucket is in; undefined when its CRN does not say. */
export const accountOf = ({ crn }: BucketConfiguration): string | undefined => /:a\/([^:/]+):/.exec(crn)?.[1];

/**
 * Of some limits those that an identity is sure to be shown where they are set, so that their absence says that there are
 * none. A policy with a condition, one that changed just now and one whose age is not known make nothing sure; nor does what
 * could not be read.
 */
export function shownLimits(
  limits: readonly Limit[],
  own: Access,
  place: Place,
  now: number,
): ReadonlySet<Limit> {
  const policies = own.policies.filter(
    (policy) => policy.lastModifiedAt !== undefined && !isRecent(policy, now),
  );
  const isSure = (limit: Limit): boolean => {
    const { action } = SHOWN_TO[limit];
    return policies.some((policy) => {
      const isPlain = policy.pattern === undefined && policy.rule === undefined;
      const { fit, actions } = grantOf(
        policy,
        own,
        place,
        [action],
        isPlain ? FITS : unclear('it has a condition'),
      );
      return fit.fit === 'yes' && actions.includes(action);
    });
  };
  return new Set(limits.filter(isSure));
}
