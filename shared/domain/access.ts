import { conditionsFit } from './access-conditions.ts';
import { bucketPlace, type Grant, grantOf, type Place } from './access-grant.ts';
import { type Access, FITS, isRecent, unclear } from './access-policy.ts';
import { PUT, SEND, WRITE } from './access-roles.ts';
import { blindSpots } from './access-sight.ts';
import { formatDuration } from './time.ts';

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
export interface AccessVerdict {
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
): AccessVerdict {
  const prefix = target.path === '' ? '' : `${target.path}/`;
  const place = bucketPlace(target.accountId, target.instanceId, target.bucket);
  const grants = access.policies.map((policy) =>
    grantOf(policy, access, place, WRITE, conditionsFit(policy, prefix)),
  );
  const certain = grants.filter(({ fit }) => fit.fit === 'yes');
  const missing = missingOf(certain);
  if (missing.length === 0) return { verdict: 'yes', detail: `granted by ${names(certain, WRITE)}` };
  const open = openAmong(grants);
  if (!missing.includes(PUT)) {
    const detail = `probably: ${names(certain, [PUT])} grants it, but multipart upload is not granted`;
    return { verdict: 'unknown', detail: [detail, ...open].join('; ') };
  }
  return refusal(
    access,
    own,
    open,
    `${PUT} on bucket ${target.bucket}${prefix === '' ? '' : ` below ${prefix}`}`,
    now,
  );
}

/** Where an identity wants to send records. */
export interface SendTarget {
  readonly accountId: string;
  /** GUID of the Cloud Logs instance. */
  readonly instanceId: string;
  readonly region: string;
}

/**
 * Whether an identity may send records to a Cloud Logs instance, as far as policies tell; as `judgeWrite` does. Context-based
 * restrictions and private endpoints may refuse all the same.
 *
 * @see https://cloud.ibm.com/docs/cloud-logs?topic=cloud-logs-iam-actions
 */
export function judgeSend(
  access: Access,
  own: Access | undefined,
  target: SendTarget,
  now: number,
): AccessVerdict {
  const { accountId, instanceId, region } = target;
  const place: Place = { service: 'logs', accountId, instanceId, region };
  const grants = access.policies.map((policy) => {
    const isPlain = policy.pattern === undefined && policy.rule === undefined;
    return grantOf(policy, access, place, SEND, isPlain ? FITS : unclear('it has a condition'));
  });
  const certain = grants.filter(({ fit }) => fit.fit === 'yes');
  if (certain.length > 0) return { verdict: 'yes', detail: `granted by ${names(certain, SEND)}` };
  return refusal(access, own, openAmong(grants), `${SEND[0]} on Cloud Logs instance ${instanceId}`, now);
}

/** Policies that may grant it, and why that is not certain. */
export const openAmong = (grants: readonly Grant[]): readonly string[] =>
  grants.flatMap(({ fit, policy }) =>
    fit.fit === 'unclear' ? [`policy ${policy.id} may grant it, but ${fit.why}`] : [],
  );

/** No policy grants it: that is a no only where nothing may have been missed. */
export function refusal(
  access: Access,
  own: Access | undefined,
  open: readonly string[],
  wanted: string,
  now: number,
): AccessVerdict {
  const doubts = [...open, ...access.gaps, ...blindSpots(own, now), ...recentChanges(access, now)];
  if (doubts.length > 0) return { verdict: 'unknown', detail: doubts.join('; ') };
  const { iamId, accountId, policies } = access;
  const detail =
    policies.length === 0
      ? `${iamId} has no policy in account ${accountId}; it takes ${wanted}`
      : `none of the ${policies.length} policies in account ${accountId} that ${iamId} has grants ${wanted}`;
  return { verdict: 'no', detail };
}

const missingOf = (grants: readonly Grant[]): readonly string[] =>
  WRITE.filter((action) => !grants.some(({ actions }) => actions.includes(action)));

export const names = (grants: readonly Grant[], actions: readonly string[]): string =>
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
