import { type Finding, finding } from './finding.ts';

/** A rule of a bucket that acts on all objects below a prefix. */
export interface LifecycleRule {
  readonly id: string;
  readonly prefix: string;
  readonly does: 'expires' | 'archives';
}

/** What could not be read, and why. */
export interface Unseen {
  readonly unseen: string;
}

/** What a bucket does by itself to the objects in it. */
export interface BucketRules {
  readonly lifecycle: readonly LifecycleRule[] | Unseen;
  /** For how long an object is not replaced, or its old version not deleted, unless it says otherwise itself. */
  readonly retention: string | undefined | Unseen;
  readonly objectLock: string | undefined | Unseen;
}

const isUnseen = (value: unknown): value is Unseen =>
  typeof value === 'object' && value !== null && 'unseen' in value;

/**
 * What of a bucket's rules a ledger in it cannot live with.
 *
 * @see https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-expiry
 * @see https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-immutable
 */
export function judgeLedgerRules(
  place: { readonly bucket: string; readonly prefix: string },
  { lifecycle, retention, objectLock }: BucketRules,
): readonly Finding[] {
  const subject = `ledger cos://${place.bucket}/${place.prefix}`;
  const ours = place.prefix === '' ? '' : `${place.prefix}/`;
  const covers = ({ prefix }: LifecycleRule): boolean => ours.startsWith(prefix) || prefix.startsWith(ours);
  const found: Finding[] = [];
  for (const rule of isUnseen(lifecycle) ? [] : lifecycle.filter(covers)) {
    const below = rule.prefix === '' ? 'all objects' : `objects below ${JSON.stringify(rule.prefix)}`;
    const detail = `rule ${JSON.stringify(rule.id)} ${rule.does} ${below}`;
    found.push(finding('ledger-expires', subject, detail));
  }
  if (typeof retention === 'string')
    found.push(finding('ledger-retained', subject, `retention: no object is replaced for ${retention}`));
  if (typeof objectLock === 'string')
    found.push(
      finding('ledger-retained', subject, `object lock: every replaced version stays for ${objectLock}`),
    );
  const unseen = Object.entries({ lifecycle, retention, 'object lock': objectLock })
    .flatMap(([what, rule]) => (isUnseen(rule) ? [`${what}: ${rule.unseen}`] : []))
    .join('; ');
  if (unseen !== '')
    found.push(finding('ledger-rules-unknown', subject, `${unseen}; it takes Reader on the bucket`));
  return found;
}
