import { type Admission, admissionOf, readRanges, unreadable } from './admission.ts';
import { CLOUDFLARE_RANGES } from './cloudflare-ranges.ts';
import { formatIpSpan, type IpRange, intersectRanges, parseIpSpan, subtractRanges } from './ip-ranges.ts';

/** One context-based restriction, and what it lets through over the public network. */
export interface Restriction {
  readonly id: string;
  /** `report` and `disabled` refuse nothing. */
  readonly enforcement: 'enabled' | 'disabled' | 'report';
  /** What it is about; what is absent is any. */
  readonly instanceId?: string;
  readonly bucket?: string;
  readonly region?: string;
  /** Who surely gets through: `192.0.2.1`, `192.0.2.0/24`, `192.0.2.1-192.0.2.9`, or IPv6; empty = nobody. */
  readonly addresses: readonly string[];
  /** Why it may let more through, or be about something else: what of it could not be read. */
  readonly unclear?: string;
}

/** Where something pushes to. */
export interface RestrictedPlace {
  readonly instanceId: string;
  readonly region: string;
  /** Absent for Cloud Logs. */
  readonly bucket?: string;
}

interface RestrictionVerdict {
  readonly verdict: Admission['verdict'] | 'unclear';
  /** One sentence: which restriction, and what it does or what could not be told. */
  readonly detail: string;
}

/**
 * Whether context-based restrictions let Logpush in, which comes from Cloudflare's addresses over the public network. Access
 * needs all restrictions that apply. A change acts within ten minutes, and Cloudflare may have ranges that it does not publish:
 * a verdict is likely, not sure.
 *
 * @see https://cloud.ibm.com/docs/account?topic=account-context-restrictions-whatis
 */
export function judgeRestrictions(
  restrictions: readonly Restriction[],
  place: RestrictedPlace,
  ranges: readonly string[] = CLOUDFLARE_RANGES.ipv4,
): RestrictionVerdict {
  const judged = restrictions
    .filter(({ enforcement }) => enforcement === 'enabled')
    .flatMap((restriction) => judge(restriction, place, ranges));
  const sure = judged.filter(({ unclear }) => unclear === undefined);
  const together = admissionOf(ranges, (range) =>
    sure.reduce<readonly IpRange[]>(
      (open, { open: next }) => open.flatMap((part) => intersectRanges(part, next)),
      [range],
    ),
  );
  if (together.verdict !== 'passes') {
    const ids = sure.filter(({ verdict }) => verdict !== 'passes').map(({ id }) => id);
    return { ...together, detail: told(ids, together.detail) };
  }
  const [doubtful] = judged.filter(({ unclear }) => unclear !== undefined);
  if (doubtful?.unclear !== undefined)
    return { verdict: 'unclear', detail: told([doubtful.id], doubtful.unclear) };
  const ids = judged.map(({ id }) => id);
  return {
    verdict: 'passes',
    detail: ids.length === 0 ? 'no context-based restriction applies' : told(ids, together.detail),
  };
}

const told = (ids: readonly string[], what: string): string =>
  ids.length === 1
    ? `context-based restriction ${ids.join()}: ${what}`
    : `context-based restrictions ${ids.join(', ')} together: ${what}`;

interface Judged {
  readonly id: string;
  readonly open: readonly IpRange[];
  readonly verdict: Admission['verdict'];
  readonly unclear?: string;
}

/** One restriction; nothing, where it does not apply. Doubts matter only if it does not let everybody in all the same. */
function judge(
  restriction: Restriction,
  place: RestrictedPlace,
  names: readonly string[],
): readonly Judged[] {
  const { id, addresses } = restriction;
  if (!mayApply(restriction, place)) return [];
  const { ranges, unread } = readRanges(addresses, parseIpSpan);
  const { verdict } = admissionOf(names, (range) => intersectRanges(range, ranges));
  const unclear =
    restriction.unclear ??
    (unread.length > 0 ? unreadable(unread) : undefined) ??
    (restriction.region !== undefined && place.bucket !== undefined
      ? `whether it applies is not known: it is about the region ${restriction.region}`
      : undefined);
  const judged = { id, open: ranges, verdict };
  return [verdict === 'passes' || unclear === undefined ? judged : { ...judged, unclear }];
}

const mayApply = ({ instanceId, bucket, region }: Restriction, place: RestrictedPlace): boolean =>
  (instanceId ?? place.instanceId) === place.instanceId &&
  (bucket ?? place.bucket) === place.bucket &&
  // Instances of COS are in no region, their buckets are in locations.
  (place.bucket !== undefined || (region ?? place.region) === place.region);

/**
 * The addresses of a network zone without those that it excludes.
 *
 * @returns undefined when what is excluded cannot be read
 */
export function withoutExcluded(
  addresses: readonly string[],
  excluded: readonly string[],
): readonly string[] | undefined {
  const holes = readRanges(excluded, parseIpSpan);
  if (holes.unread.length > 0) return undefined;
  if (holes.ranges.length === 0) return addresses;
  const { ranges, unread } = readRanges(addresses, parseIpSpan);
  return [...subtractRanges(ranges, holes.ranges).map(formatIpSpan), ...unread];
}
