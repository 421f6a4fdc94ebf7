import { conditionsFit } from './access-conditions.ts';
import { type BucketPlace, type Grant, grantOf, PUT, WRITE } from './access-grant.ts';
import { type Access, isRecent } from './access-policy.ts';
import { blindSpots } from './access-sight.ts';
import { formatDuration } from './time.ts';

/** Where an identity wants to write. */
export interface WriteTarget extends BucketPlace {
  /** Without a slash at either end; empty = the whole bucket. */
  readonly path: string;
}

/** Each says which policy or role it is, or which right is missing. */
export interface WriteVerdict {
  readonly verdict: 'yes' | 'no' | 'unknown';
  readonly detail: string;
}

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
  const prefix = target.path === '' ? '' : `${target.path}/`;
  const grants = access.policies.map((policy) =>
    grantOf(policy, access, target, WRITE, conditionsFit(policy, prefix)),
  );
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

const missingOf = (grants: readonly Grant[]): readonly string[] =>
  WRITE.filter((action) => !grants.some(({ actions }) => actions.includes(action)));

const names = (grants: readonly Grant[], actions: readonly string[]): string =>
  grants
    .filter((grant) => grant.actions.some((action) => actions.includes(action)))
    .map(({ policy }) => `policy ${policy.id} (${policy.roles.map(({ id }) => roleName(id)).join(', ')})`)
    .join(' and ');

const roleName = (id: string): string => id.split(':').at(-1) ?? id;

/** What changed a moment ago may still act as it did before. */
const recentChanges = ({ policies }: Access, now: number): readonly string[] =>
  policies
    .filter((policy) => isRecent(policy, now))
    .map(
      ({ id, lastModifiedAt = now }) =>
        `policy ${id} was changed ${formatDuration(now - lastModifiedAt)} ago, which may not act everywhere yet`,
    );
